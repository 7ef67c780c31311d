import type { Job } from "./job.ts";

/** Calls that wait for a process, first come first served. */
export type JobQueue = {
  readonly length: number;
  add(...jobs: readonly Job[]): void;
  /** To be the next. */
  putBack(job: Job): void;
  next(): Job | undefined;
  remove(job: Job): void;
  /** Takes out those of a plugin, by the key of its guest. */
  takeOf(key: string | undefined): readonly Job[];
  /** Takes out those of a plugin, in all its versions. */
  takeNamed(name: string): readonly Job[];
  /** Takes out all but those of a guest. */
  takeOthers(key: string | undefined): readonly Job[];
  takeAll(): readonly Job[];
};

export function createJobQueue(): JobQueue {
  let jobs: Job[] = [];
  function take(isTaken: (job: Job) => boolean): readonly Job[] {
    const taken = jobs.filter(isTaken);
    jobs = jobs.filter((job) => !isTaken(job));
    return taken;
  }
  return {
    get length() {
      return jobs.length;
    },
    add: (...added) => void jobs.push(...added),
    putBack: (job) => void jobs.unshift(job),
    next: () => jobs.shift(),
    remove: (job) => void take((each) => each === job),
    takeOf: (key) => take(({ spec }) => spec.key === key),
    takeNamed: (name) => take(({ spec }) => spec.name === name),
    takeOthers: (key) => take(({ spec }) => spec.key !== key),
    takeAll: () => take(() => true),
  };
}
