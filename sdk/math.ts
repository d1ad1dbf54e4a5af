/**
 * Logarithm and exponential from + - * / and the bits of a double alone, so that every engine gives the same bits: the
 * standard leaves those of Math to the engine. Polynomials and constants are those of fdlibm (Sun Microsystems, 1993).
 */

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const TWO_54 = 18014398509481984;

const bits = new DataView(new ArrayBuffer(8));

/** The natural logarithm, within one unit of the last place. */
export function log(x: number): number {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? x : Number.NaN;
  // A denormal has no exponent of its own until it is scaled.
  const scaled = x < 2.2250738585072014e-308 ? x * TWO_54 : x;
  bits.setFloat64(0, scaled, true);
  const high = bits.getUint32(4, true);
  // The mantissa is taken between the halves of the square root of two, where the series is shortest.
  const carry = ((high & 0xfffff) + 0x95f64) & 0x100000;
  bits.setUint32(4, (high & 0xfffff) | (carry ^ 0x3ff00000), true);
  const k = (high >>> 20) - 1023 + (carry >>> 20) - (scaled === x ? 0 : 54);
  const f = bits.getFloat64(0, true) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + odd + even) + k * LN2_LOW) - f);
}

/** The exponential, within one unit of the last place. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const k = Math.round(x / LN2_HIGH);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  if (k >= -1021 && k <= 1023) return y * powerOfTwo(k);
  // Beyond the exponents of a normal double the power goes in two steps.
  return k > 0 ? y * 2 * powerOfTwo(k - 1) : y * powerOfTwo(k + 60) * 8.673617379884035e-19;
}

/** Two to a whole power from -1022 to 1023. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, 0, true);
  bits.setUint32(4, (k + 1023) << 20, true);
  return bits.getFloat64(0, true);
}
