// How far each story was read on this phone: the server keeps that for watches alone.
import { stored } from "@/common";

export interface Place {
  line: number;
  of: number;
}

const MOST = 100;
const places = stored<Record<string, Place>>("m2.story", {});

export const placeOf = (id: number): Place | undefined => places.value[id];

/** The one read last comes last; the oldest are forgotten. */
export function remember(id: number, place: Place): void {
  const others = Object.entries(places.value)
    .filter(([key]) => key !== String(id))
    .slice(1 - MOST);
  places.value = Object.fromEntries([...others, [String(id), place]]);
}
