/** The readers of labelled answers. What they are built of is loaded with them: few programs calibrate, all start. */
export const loadRouteExamples = () => import("./calibration-examples.ts");
