// Which lines of a text are new or altered against an earlier one, by the shortest edit script within a bound (Myers); beyond the bound every line between the
// common beginning and the common end counts.

const EDITS_MAX = 400

/** Line numbers of `after`, from 1, in order. */
export function changedLines(before: string, after: string): readonly number[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let [oldEnd, end] = [old.length, now.length]
  while (oldEnd > start && end > start && old[oldEnd - 1] === now[end - 1]) {
    oldEnd--
    end--
  }
  const kept = commonLines(old.slice(start, oldEnd), now.slice(start, end))
  const changed: number[] = []
  for (let i = start; i < end; i++) if (!kept.has(i - start)) changed.push(i + 1)
  return changed
}

export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Indices of `now` that stand in `old` too, in the same order. */
function commonLines(old: readonly string[], now: readonly string[]): ReadonlySet<number> {
  const trace: Map<number, number>[] = []
  let reached = new Map<number, number>([[1, 0]])
  for (let edits = 0; edits <= Math.min(EDITS_MAX, old.length + now.length); edits++) {
    trace.push(new Map(reached))
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(reached, k - 1) < at(reached, k + 1))
      let x = down ? at(reached, k + 1) : at(reached, k - 1) + 1
      let y = x - k
      while (x < old.length && y < now.length && old[x] === now[y]) {
        x++
        y++
      }
      reached.set(k, x)
      if (x >= old.length && y >= now.length) return back(trace, old.length, now.length)
    }
    reached = new Map([...reached].filter(([k]) => Math.abs(k) <= edits + 1))
  }
  return new Set()
}

function back(
  trace: readonly ReadonlyMap<number, number>[],
  oldEnd: number,
  end: number,
): ReadonlySet<number> {
  const kept = new Set<number>()
  let [x, y] = [oldEnd, end]
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reached = trace[edits] as ReadonlyMap<number, number>
    const k = x - y
    const down = k === -edits || (k !== edits && at(reached, k - 1) < at(reached, k + 1))
    const from = down ? k + 1 : k - 1
    const startX = at(reached, from)
    const startY = startX - from
    while (x > startX && y > startY && x > 0 && y > 0) {
      x--
      y--
      kept.add(y)
    }
    if (edits > 0) [x, y] = [startX, startY]
  }
  return kept
}

const at = (reached: ReadonlyMap<number, number>, k: number) => reached.get(k) ?? 0
