/* Prometheus' text as figures. Pure functions. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function samples(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const found = LINE.exec(line)?.groups;
    if (found === undefined) return [];
    const labels = [...(found["labels"] ?? "").matchAll(LABEL)].map(([, name, value]) => [name ?? "", value ?? ""] as const);
    return [{ name: found["name"] ?? "", labels: Object.fromEntries(labels), value: Number(found["value"]) }];
  });
}

/** An estimate of the quantile of a histogram: linear within its bucket, as Prometheus does it. Null without counts. */
export function histogramQuantile(all: readonly Sample[], name: string, labels: Record<string, string>, share: number): number | null {
  const buckets = all
    .filter((each) => each.name === `${name}_bucket` && matches(each, labels))
    .map((each) => ({ le: each.labels["le"] === "+Inf" ? Infinity : Number(each.labels["le"]), count: each.value }))
    .sort((one, other) => one.le - other.le);
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return null;
  const rank = share * total;
  const at = buckets.findIndex((bucket) => bucket.count >= rank);
  const bucket = buckets[at];
  const below = buckets[at - 1] ?? { le: 0, count: 0 };
  if (bucket === undefined || bucket.le === Infinity) return below.le;
  return below.le + ((bucket.le - below.le) * (rank - below.count)) / Math.max(1, bucket.count - below.count);
}

export function total(all: readonly Sample[], name: string, labels: Record<string, string> = {}): number {
  return all.filter((each) => each.name === name && matches(each, labels)).reduce((sum, each) => sum + each.value, 0);
}

function matches(sample: Sample, labels: Record<string, string>): boolean {
  return Object.entries(labels).every(([name, value]) => sample.labels[name] === value);
}
