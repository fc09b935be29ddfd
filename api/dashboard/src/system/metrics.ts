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

/** The sum of the samples of a name that have these labels. */
export function total(all: readonly Sample[], name: string, labels: Record<string, string> = {}): number {
  return all.filter((each) => each.name === name && matches(each, labels)).reduce((sum, each) => sum + each.value, 0);
}

function matches(sample: Sample, labels: Record<string, string>): boolean {
  return Object.entries(labels).every(([name, value]) => sample.labels[name] === value);
}
