/* A socket that waits for its ticket: what is closed meanwhile never opens, and no ticket is a cut line. */

import { expect, test } from "vitest";
import { CLOSE_FORBIDDEN, CLOSE_NO_KEY, CLOSE_TOO_MANY, type Socket } from "../src/live/connection";
import { CLOSE_NO_TICKET, TicketedSocket } from "../src/live/ticketed";
import { ProblemError } from "../src/rest";

class Wire implements Socket {
  onopen: Socket["onopen"] = null;
  sent: string[] = [];
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  isClosed = false;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }
}

function opened(ticket: Promise<string>): { socket: TicketedSocket; wires: Wire[] } {
  const wires: Wire[] = [];
  const open = (at: string): Wire => {
    const wire = new Wire(at);
    wires.push(wire);
    return wire;
  };
  return { socket: new TicketedSocket("ws://api/live", () => ticket, open), wires };
}

test("the ticket is part of the address", async () => {
  const { socket, wires } = opened(Promise.resolve("a.1+b"));
  const said: unknown[] = [];
  const codes: number[] = [];
  socket.onopen = () => { socket.send("hello"); };
  socket.onmessage = (message) => said.push(message.data);
  socket.onclose = (closing) => codes.push(closing.code);
  await Promise.resolve();
  expect(wires[0]?.sent).toEqual([]);
  wires[0]?.onopen?.();
  expect(wires[0]?.sent).toEqual(["hello"]);
  expect(wires.map((wire) => wire.url)).toEqual(["ws://api/live?ticket=a.1%2Bb"]);
  wires[0]?.onmessage?.({ data: "x" });
  wires[0]?.onclose?.({ code: 1012 });
  expect([said, codes]).toEqual([["x"], [1012]]);
  socket.close();
  expect(wires[0]?.isClosed).toBe(true);
});

test("what is closed before its ticket came is never opened", async () => {
  const { socket, wires } = opened(Promise.resolve("t"));
  socket.close();
  await Promise.resolve();
  expect(wires).toEqual([]);
});

test("without a ticket the line counts as cut", async () => {
  const { socket } = opened(Promise.reject(new Error("refused")));
  const codes: number[] = [];
  socket.onclose = (closing) => codes.push(closing.code);
  await new Promise((done) => setTimeout(done));
  expect(codes).toEqual([CLOSE_NO_TICKET]);
});

function refused(status: number, type = "urn:midround:problem:x"): ProblemError {
  return new ProblemError({ type, title: "", status, detail: "told", field: "", reason: "" });
}

test("a ticket that is refused closes as the socket would be, for good where asking again changes nothing", async () => {
  const codes = [[400, CLOSE_FORBIDDEN], [401, CLOSE_NO_KEY], [403, CLOSE_FORBIDDEN], [404, CLOSE_FORBIDDEN], [429, CLOSE_TOO_MANY], [503, CLOSE_NO_TICKET], [0, CLOSE_NO_TICKET]] as const;
  for (const [status, code] of codes) {
    const { socket, wires } = opened(Promise.reject(refused(status)));
    const said: unknown[] = [];
    socket.onclose = (closing) => said.push(closing);
    await new Promise((done) => setTimeout(done));
    expect([said, wires]).toEqual([[{ code, reason: "told" }], []]);
  }
});

test("where the API is open meanwhile, no ticket is needed", async () => {
  const { socket, wires } = opened(Promise.reject(refused(409, "urn:midround:problem:open")));
  const said: unknown[] = [];
  const codes: number[] = [];
  socket.onmessage = (message) => said.push(message.data);
  socket.onclose = (closing) => codes.push(closing.code);
  await new Promise((done) => setTimeout(done));
  expect([wires.map((wire) => wire.url), codes]).toEqual([["ws://api/live"], []]);
  wires[0]?.onmessage?.({ data: "x" });
  expect(said).toEqual(["x"]);
  const { socket: closed, wires: none } = opened(Promise.reject(refused(409, "urn:midround:problem:open")));
  closed.close();
  await new Promise((done) => setTimeout(done));
  expect(none).toEqual([]);
});
