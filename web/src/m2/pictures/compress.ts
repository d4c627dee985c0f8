// Makes a picture small before it travels: at most 1280 px, JPEG 0.85, upright. Drawing it anew also drops place and camera data.

export const MAX_SIDE = 1280;
const QUALITY = 0.85;

/** The size that fits `side`; never larger than it was. */
export function fit(width: number, height: number, side = MAX_SIDE): { width: number; height: number } {
  const part = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * part)), height: Math.max(1, Math.round(height * part)) };
}

/** Rejects when the browser cannot read the file as a picture. `square` cuts out the middle (for a face). */
export async function compress(file: Blob, side = MAX_SIDE, square = false): Promise<Blob> {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const cut = square ? Math.min(image.width, image.height) : 0;
    const from = square
      ? { x: (image.width - cut) / 2, y: (image.height - cut) / 2, width: cut, height: cut }
      : { x: 0, y: 0, width: image.width, height: image.height };
    const to = fit(from.width, from.height, side);
    const canvas = document.createElement("canvas");
    canvas.width = to.width;
    canvas.height = to.height;
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    // JPEG knows no transparency; without this it turns black.
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, to.width, to.height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, from.x, from.y, from.width, from.height, 0, 0, to.width, to.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("not encoded"))), "image/jpeg", QUALITY),
    );
  } finally {
    image.close();
  }
}
