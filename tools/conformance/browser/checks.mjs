/** Ends the run with this fault. */
export function fail(fault) {
  throw new Error(fault);
}
