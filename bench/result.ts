/** One measured figure. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  /** Figures in ".../s" should reach their target, all others should not exceed it. */
  readonly unit: string;
  readonly target?: number;
}
