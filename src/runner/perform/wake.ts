// A bell between whoever writes a line and the loop that waits for one. Rung before it was waited for, it still wakes.
export class Wake {
  #rung = false
  #waiting: (() => void)[] = []

  ring(): void {
    this.#rung = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Resolves at the next ring, or at once when it has rung since the last call. */
  async next(): Promise<void> {
    if (!this.#rung)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    this.#rung = false
  }
}
