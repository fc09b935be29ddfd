/* How the pages are built: hashed files in dist/assets, nothing inlined, so that the policy of the server can be strict. */
import { defineConfig } from "vite";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true }, "/metrics": "http://127.0.0.1:8080", "/ready": "http://127.0.0.1:8080" } },
});
