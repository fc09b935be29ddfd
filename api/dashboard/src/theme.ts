/* Light or dark: the system's choice until somebody chooses; kept in this browser. */

import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";
const KEY = "midround.theme";

export function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** Sets the theme before anything is painted. */
export function begin(): void {
  const kept = stored();
  if (kept !== null) document.documentElement.dataset["theme"] = kept;
}

/** The theme in force, and its change. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => stored() ?? systemTheme());
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: light)");
    const changed = (): void => {
      if (stored() === null) setTheme(systemTheme());
    };
    media.addEventListener("change", changed);
    return () => {
      media.removeEventListener("change", changed);
    };
  }, []);
  const choose = (chosen: Theme): void => {
    document.documentElement.dataset["theme"] = chosen;
    keep(chosen);
    setTheme(chosen);
    dispatchEvent(new Event("midround:theme"));
  };
  return [theme, choose];
}

/** A colour of the style sheet, for what is painted on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function stored(): Theme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null;
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    return; // a browser without storage forgets the choice with the page
  }
}
