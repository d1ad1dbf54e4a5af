const [SEED_LOW, SEED_HIGH] = [0x811c9dc5, 0x9747b28c];

/** A text as sixteen hex digits, in the manner of FNV-1a over its UTF-16 units, from two seeds. Not against adversaries. */
export function hashOf(text: string): string {
  let low = SEED_LOW;
  let high = SEED_HIGH;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit ^ (low >>> 15), 0x01000193);
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
