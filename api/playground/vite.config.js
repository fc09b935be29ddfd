// Two pages, each with all that it needs; nothing is loaded from elsewhere.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/playground/",
  build: {
    outDir: "dist",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["graphql.html", "docs.html"] },
  },
});
