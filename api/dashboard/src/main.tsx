/* Starts the dashboard. */

import { render } from "preact";
import { App } from "./app";
import "./style.css";
import { begin } from "./theme";

begin();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
