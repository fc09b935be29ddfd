/* Types of REST as the exported contract has them: docs/contracts/openapi.json, made into build/openapi.ts by
`npm run openapi`. Nothing is written by hand here; what the document leaves open is said in `contract`. */

import type { paths } from "../build/openapi";

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Method = "get" | "post" | "put" | "delete";

/** What a path answers when all is well. */
export type Answer<Path extends keyof paths, M extends Method = "get"> = paths[Path][M] extends { responses: infer All } ? Json<All[keyof All & (200 | 201)]> : never;

/** What a path is asked with. */
export type Asked<Path extends keyof paths, M extends Method = "post"> = paths[Path][M] extends { requestBody: infer Body } ? Json<Body> : never;

/** What a path answers when it refuses. */
export type Refused<Path extends keyof paths> = paths[Path]["get"] extends { responses: { default: { content: { "application/problem+json": infer Told } } } } ? Told : never;

/** `T` with some of its fields told more closely. */
export type Closer<T, Fields> = Omit<T, keyof Fields> & Fields;
