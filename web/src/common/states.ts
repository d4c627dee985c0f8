// Which tone a state word gets. Known values have their own; an unknown one is neutral, never guessed from its text.

export type Tone = "amber" | "green" | "grey" | "red" | "blue";

const TONES: Record<string, Tone> = {
  CR: "amber",
  PA: "blue",
  ST: "blue",
  RE: "green",
  CL: "grey",
  RA: "green",
  CA: "grey",
  CT: "grey",
  AS: "blue",
  AC: "blue",
  INF: "blue",
  WRN: "amber",
  ERR: "red",
};

export function tone(value: unknown): Tone {
  return TONES[String(value)] ?? "grey";
}
