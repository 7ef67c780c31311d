// Decimal text to the nearest f64, exactly: short numbers by one multiplication or division of exact values, all others
// by whole numbers of any length.

/** 10^22 is the largest power of ten that f64 has exactly. */
const exactPowers: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22,
];
/** The longest decimal that decides between two f64 has 767 digits; of what follows only whether it is zero counts. */
const maxDigits = 770;
/** Beyond it, the result is infinite or zero whatever the digits are. */
const maxExponent: i32 = 2000;
const fivePower13: u64 = 1220703125;

/** `start` to `end` must hold a number as JSON writes it. */
export function parseDecimal(start: usize, end: usize): f64 {
  const isNegative = load<u8>(start) == 0x2d;
  let at = isNegative ? start + 1 : start;
  let mantissa: u64 = 0;
  let digits = 0;
  let exponent: i32 = 0;
  let isFraction = false;
  const first = at;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x2e) {
      isFraction = true;
      continue;
    }
    if ((byte | 0x20) == 0x65) break;
    if (mantissa != 0 || byte != 0x30) digits++;
    if (digits <= 19) {
      mantissa = mantissa * 10 + (byte - 0x30);
      if (isFraction) exponent--;
    } else if (!isFraction) exponent++;
  }
  const last = at;
  exponent += at < end ? parseExponent(at + 1, end) : 0;
  let value: f64;
  if (mantissa == 0) value = 0;
  else if (digits <= 19 && mantissa <= (<u64>1) << 53 && exponent >= -22 && exponent <= 22) {
    value = <f64>mantissa;
    if (exponent < 0) value /= unchecked(exactPowers[-exponent]);
    else value *= unchecked(exactPowers[exponent]);
  } else value = parseExactly(first, last, at < end ? parseExponent(at + 1, end) : 0);
  return isNegative ? -value : value;
}

function parseExponent(at: usize, end: usize): i32 {
  const isNegative = load<u8>(at) == 0x2d;
  if (isNegative || load<u8>(at) == 0x2b) at++;
  let value: i32 = 0;
  // Digits of a text may outweigh its exponent, so the bound leaves room for 100 million of them.
  for (; at < end; at++) if (value < 100_000_000) value = value * 10 + (load<u8>(at) - 0x30);
  return isNegative ? -value : value;
}

function parseExactly(start: usize, end: usize, exponent: i32): f64 {
  const number = new WholeNumber();
  let digits = 0;
  let isInexact = false;
  let isFraction = false;
  for (let at = start; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x2e) {
      isFraction = true;
      continue;
    }
    if (digits > 0 || byte != 0x30) digits++;
    if (digits <= maxDigits) {
      number.multiplyAdd(10, byte - 0x30);
      if (isFraction) exponent--;
    } else {
      if (byte != 0x30) isInexact = true;
      if (!isFraction) exponent++;
    }
  }
  if (exponent > maxExponent) return Infinity;
  if (exponent < -maxExponent) return 0;
  let binaryExponent = exponent;
  if (exponent > 0) number.multiplyByPowerOfFive(exponent);
  if (exponent < 0) {
    // 2.33 > log2(5): after the division 66 bits or more are left, all that rounding needs.
    const limbs = (<i32>(<f64>-exponent * 2.33) + 98) >> 5;
    number.shiftLimbs(limbs);
    binaryExponent -= limbs << 5;
    if (number.divideByPowerOfFive(-exponent)) isInexact = true;
  }
  return number.round(binaryExponent, isInexact);
}

/** Little end first, 32 bits a limb. */
class WholeNumber {
  private limbs: StaticArray<u32> = new StaticArray<u32>(320);
  private length: i32 = 0;

  multiplyAdd(factor: u64, addend: u64): void {
    let carry = addend;
    for (let i = 0; i < this.length; i++) {
      carry += <u64>this.limbs[i] * factor;
      this.limbs[i] = <u32>carry;
      carry >>= 32;
    }
    if (carry != 0) this.limbs[this.length++] = <u32>carry;
  }

  multiplyByPowerOfFive(power: i32): void {
    for (; power >= 13; power -= 13) this.multiplyAdd(fivePower13, 0);
    for (; power > 0; power--) this.multiplyAdd(5, 0);
  }

  /** Whether something was left over. */
  divideByPowerOfFive(power: i32): bool {
    let rest: u64 = 0;
    for (; power >= 13; power -= 13) rest |= this.divide(fivePower13);
    for (; power > 0; power--) rest |= this.divide(5);
    return rest != 0;
  }

  private divide(divisor: u64): u64 {
    let rest: u64 = 0;
    for (let i = this.length - 1; i >= 0; i--) {
      rest = (rest << 32) | this.limbs[i];
      this.limbs[i] = <u32>(rest / divisor);
      rest %= divisor;
    }
    while (this.length > 0 && this.limbs[this.length - 1] == 0) this.length--;
    return rest;
  }

  shiftLimbs(count: i32): void {
    for (let i = this.length - 1; i >= 0; i--) this.limbs[i + count] = this.limbs[i];
    for (let i = 0; i < count; i++) this.limbs[i] = 0;
    this.length += count;
  }

  private bit(index: i32): u64 {
    return index < 0 ? 0 : (this.limbs[index >> 5] >> (index & 31)) & 1;
  }

  /** The nearest f64 of this * 2^exponent, ties to even; `isInexact` says that the true value is a little larger. */
  round(exponent: i32, isInexact: bool): f64 {
    if (this.length == 0) return 0;
    const bits = this.length * 32 - <i32>clz<u32>(this.limbs[this.length - 1]);
    const top = bits - 1 + exponent;
    if (top > 1023) return Infinity;
    if (top < -1075) return 0;
    const precision = top >= -1022 ? 53 : 53 + 1022 + top;
    const lowest = bits - precision;
    let mantissa: u64 = 0;
    for (let i = bits - 1; i >= lowest; i--) mantissa = (mantissa << 1) | this.bit(i);
    const half = this.bit(lowest - 1);
    let isAbove = isInexact;
    for (let i = 0; !isAbove && i < lowest - 1; i++) isAbove = this.bit(i) != 0;
    if (half != 0 && (isAbove || (mantissa & 1) != 0)) mantissa++;
    // A carry out of the mantissa moves into the exponent by itself.
    const biased: u64 = top >= -1022 ? ((<u64>(top + 1022)) << 52) + mantissa : mantissa;
    return reinterpret<f64>(biased);
  }
}
