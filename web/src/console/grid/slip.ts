// What the slip of a record is called. Pure.

/** In Chinese most papers are called "…单", and some objects are called so already. */
export const slipName = (name: string): string => (name.endsWith("单") ? name : `${name}单`);
