/* Small pictures, drawn in the colour of the text around them. No logic. */

import type { JSX } from "preact";

function Icon(props: { title?: string; children: JSX.Element | JSX.Element[] }): JSX.Element {
  const label = props.title === undefined ? { "aria-hidden": true } : { role: "img" as const, "aria-label": props.title };
  return (
    <svg class="icon" viewBox="0 0 16 16" {...label}>
      {props.title === undefined ? null : <title>{props.title}</title>}
      {props.children}
    </svg>
  );
}

export const Skull = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <path d="M8 1.5c-3.2 0-5.5 2.2-5.5 5.2 0 1.9.9 3.3 2.2 4.1v2.7h1.5v-1.6h1v1.6h1.6v-1.6h1v1.6h1.5v-2.7c1.3-.8 2.2-2.2 2.2-4.1 0-3-2.3-5.2-5.5-5.2zM5.8 9.1a1.4 1.4 0 1 1 0-2.8 1.4 1.4 0 0 1 0 2.8zm4.4 0a1.4 1.4 0 1 1 0-2.8 1.4 1.4 0 0 1 0 2.8z" fill="currentColor" />
  </Icon>
);

export const Blast = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <path d="m8 .8 1.6 3.7 3.6-1.7-1.7 3.6L15.2 8l-3.7 1.6 1.7 3.6-3.6-1.7L8 15.2l-1.6-3.7-3.6 1.7 1.7-3.6L.8 8l3.7-1.6-1.7-3.6 3.6 1.7z" fill="currentColor" />
  </Icon>
);

export const Pliers = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <path d="M4.2 1.6 7.4 6l.6.8.6-.8 3.2-4.4 1 .9-3 4.9 1.4 1.5c1.3 1.5 1.6 3.4.7 5.4h-1.6c.6-1.6.3-2.9-.6-4L8 8.7 6.3 10.3c-.9 1.1-1.2 2.4-.6 4H4.1c-.9-2-.6-3.9.7-5.4l1.4-1.5-3-4.9z" fill="currentColor" />
  </Icon>
);

export const Hourglass = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <path d="M3.5 1.5h9v1.6h-1c0 2-.9 3.5-2.3 4.4v1c1.4.9 2.3 2.4 2.3 4.4h1v1.6h-9v-1.6h1c0-2 .9-3.5 2.3-4.4v-1C5.4 6.6 4.5 5.1 4.5 3.1h-1z" fill="currentColor" />
  </Icon>
);

export const Shield = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <path d="M8 1.3 2.8 3v4.3c0 3.3 2.1 6 5.2 7.4 3.1-1.4 5.2-4.1 5.2-7.4V3z" fill="currentColor" />
  </Icon>
);

export const Helmet = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <path d="M8 2C4.4 2 1.8 4.7 1.8 8.3v3.2h3l.9-2.7h5.2v2.7h3.3V8.3C14.2 4.7 11.6 2 8 2z" fill="currentColor" />
  </Icon>
);

export const Headshot = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="1.4" />
    <path d="M8 .8v4M8 11.2v4M.8 8h4M11.2 8h4" stroke="currentColor" stroke-width="1.4" />
    <circle cx="8" cy="8" r="1.2" fill="currentColor" />
  </Icon>
);

export const BombMark = (props: { title?: string }): JSX.Element => (
  <Icon {...props}>
    <rect x="2" y="5" width="12" height="8.5" rx="1.5" fill="currentColor" />
    <path d="M5 5V3.5h6V5" fill="none" stroke="currentColor" stroke-width="1.5" />
  </Icon>
);

export const Sun = (): JSX.Element => (
  <Icon>
    <circle cx="8" cy="8" r="3.2" fill="currentColor" />
    <path d="M8 .8v2M8 13.2v2M.8 8h2M13.2 8h2M2.9 2.9l1.4 1.4M11.7 11.7l1.4 1.4M13.1 2.9l-1.4 1.4M4.3 11.7l-1.4 1.4" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" />
  </Icon>
);

export const Moon = (): JSX.Element => (
  <Icon>
    <path d="M13.8 10.1A6.3 6.3 0 0 1 5.9 2.2a6.3 6.3 0 1 0 7.9 7.9z" fill="currentColor" />
  </Icon>
);

export const Leave = (): JSX.Element => (
  <Icon>
    <path d="M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
  </Icon>
);

export const Play = (): JSX.Element => (
  <Icon>
    <path d="M4 2.5v11l9.5-5.5z" fill="currentColor" />
  </Icon>
);

export const Pause = (): JSX.Element => (
  <Icon>
    <path d="M3.8 2.5h3v11h-3zM9.2 2.5h3v11h-3z" fill="currentColor" />
  </Icon>
);

export const Previous = (): JSX.Element => (
  <Icon>
    <path d="M12.5 2.5v11L5.5 8zM3.5 2.5h1.6v11H3.5z" fill="currentColor" />
  </Icon>
);

export const Next = (): JSX.Element => (
  <Icon>
    <path d="M3.5 2.5v11l7-5.5zM10.9 2.5h1.6v11h-1.6z" fill="currentColor" />
  </Icon>
);

/** What ended a round. */
export function Ending(props: { reason: string; title: string }): JSX.Element {
  if (props.reason === "target_bombed") return <Blast title={props.title} />;
  if (props.reason === "bomb_defused") return <Pliers title={props.title} />;
  if (props.reason === "time_ran_out") return <Hourglass title={props.title} />;
  return <Skull title={props.title} />;
}
