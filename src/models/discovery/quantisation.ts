const namePattern =
  /(?:^|[-_.])((?:UD-)?(?:I?Q\d+(?:_[A-Z\d]+)*|TQ\d_\d|BF16|F16|F32|FP16|FP32|MXFP4(?:_[A-Z]+)?|NVFP4))$/i;

/** The quantisation that the name of a file ends with, in upper case: `Q4_K_M` of `tiny-1b.q4_k_m`. */
export function findQuantisation(stem: string): string | undefined {
  return namePattern.exec(stem)?.[1]?.toUpperCase();
}
