// A table as comma-separated text, for templates.

const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
export const writeCsv = (rows: string[][]) => rows.map((r) => r.map(cell).join(",")).join("\n") + "\n";
