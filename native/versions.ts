/** The pinned native dependencies: the libraries come from npm's platform packages, the source from the package below. */
export const versions = {
  llamaCpp: "v0.5.0",
  /** Of `@node-llama-cpp/<platform>`; package.json pins the same. */
  platformPackages: "3.22.1",
  source: {
    package: "node-llama-cpp",
    version: "3.22.1",
    integrity:
      "sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==",
    /** Path of the git bundle inside the package, and the commit it holds. */
    bundle: "package/llama/gitRelease.bundle",
    revision: "de3ff815ea7d559ee917f063901b8986f038abc6",
  },
} as const;
