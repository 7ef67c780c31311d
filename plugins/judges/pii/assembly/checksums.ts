/** ISO/IEC 7812-1, annex B: over digits from 0 to 9. */
export function isLuhn(digits: StaticArray<u8>, count: i32): bool {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const digit = <i32>digits[count - 1 - i];
    sum += (i & 1) == 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 == 0;
}

/** Ten digits; the last is 11 less the weighted sum (10 to 2) modulo 11, where 11 is 0 and 10 is no number. */
export function isNhsNumber(digits: StaticArray<u8>): bool {
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += <i32>digits[i] * (10 - i);
  const check = (11 - (sum % 11)) % 11;
  return check != 10 && <i32>digits[9] == check;
}

/** ISO 13616: the number modulo 97 is 1, letters as 10 to 35, the first four characters last. Capitals and digits. */
export function isIbanSum(units: StaticArray<u8>, count: i32): bool {
  let rest = 0;
  for (let i = 0; i < count; i++) {
    const unit = <i32>units[(i + 4) % count];
    const value = unit <= 0x39 ? unit - 0x30 : unit - 0x37;
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
  }
  return rest == 1;
}
