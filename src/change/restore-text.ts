// A restore as text: what comes from where, and the three lists of what it would do to the records that are there. This is what is approved.
import type { LossCounts, Staged } from '../seal/restore.ts'

/** Names and figures alone: it is the same in every language, and its digest is sealed. */
export function restoreText(staged: Staged): string {
  const { parts, loss, passedOver, newestGood, oldestBad } = staged
  const lines = [
    ...parts.map((one) => {
      const what = one.kind === 'database' ? `database ${one.database}` : `${one.of} ${one.path}`
      const { backup, copy, taken, manifest } = one.from
      return `${what} <- ${backup} ${copy} taken ${taken} manifest ${manifest.slice(0, 12)} digest ${one.digest.slice(0, 12)}`
    }),
    ...parts.flatMap((one) =>
      one.kind === 'exchange' ? one.carried.map((path) => `= ${path} stays (secret, not in the copy)`) : [],
    ),
    ...passedOver.map(
      ({ backup, copy, why, where }) =>
        `passed over ${backup} ${copy}: ${why}${where === '' ? '' : ` ${where}`}`,
    ),
    ...(newestGood === undefined ? [] : [`newest good ${newestGood}`]),
    ...(oldestBad === undefined ? [] : [`oldest bad ${oldestBad}`]),
    ...loss.flatMap(lossLines),
  ]
  return `${lines.join('\n')}\n`
}

function lossLines(of: LossCounts): readonly string[] {
  const { part, gone, changed, back, unreadable, salvaged, keys } = of
  const figures = `gone ${gone}, changed ${changed}, back ${back}`
  const head = `${part}: ${figures}${unreadable ? `, not readable now, ${salvaged} records salvaged` : ''}`
  const list = (mark: string, names: readonly string[], count: number) => [
    ...names.map((name) => `${mark} ${name}`),
    ...(count > names.length ? [`${mark} and ${count - names.length} more`] : []),
  ]
  return [
    head,
    ...list('-', keys.gone, gone),
    ...list('~', keys.changed, changed),
    ...list('+', keys.back, back),
  ]
}
