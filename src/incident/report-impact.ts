// What the users had of an incident: from when until when, and when the host was cut off. What is not known is said as not known. Rules.
import { visibleLine } from '../words/layout.ts'
import { find, inner, minutes, type Reading, text, time } from './report-reading.ts'

export function impact(r: Reading): readonly string[] {
  const { w, source } = r
  const opened = find(r, 'opened')
  // Whoever joins later may know it.
  const since = text(
    source.entries.findLast(({ payload }) => text(payload, 'seenSince') !== undefined)?.payload,
    'seenSince',
  )
  const until = source.entries.findLast(({ kind }) => kind === 'incident.recovered')?.at
  const from = since ?? opened?.at
  const lasted = from === undefined || until === undefined ? w.notKnown : minutes(from, until, w)
  return [
    `${w.impact.from}: ${since === undefined ? fromNotKnown(r, opened?.at) : time(r, since)}`,
    `${w.impact.until}: ${until === undefined ? w.notKnown : time(r, until)}`,
    `${w.impact.lasted}: ${since === undefined && until !== undefined && from !== undefined ? w.atLeast(lasted) : lasted}`,
    ...cutOff(r),
  ]
}

const fromNotKnown = (r: Reading, openedAt: string | undefined) =>
  openedAt === undefined ? r.w.notKnown : r.w.notLaterThan(time(r, openedAt))

/** Each time that the host was cut off: nobody but those who were admitted reached it. */
function cutOff(r: Reading): readonly string[] {
  const { w, source } = r
  const lines: string[] = []
  let [since, admitted]: [string | undefined, string | undefined] = [undefined, undefined]
  for (const { kind, payload } of source.entries) {
    if (kind !== 'incident.isolation') continue
    const [event, at] = [text(payload, 'event'), text(payload, 'at')]
    if (event === 'asked') {
      const admission = inner(inner(payload, 'detail'), 'admission')
      admitted = text(inner(admission, 'administrator'), 'address')
    }
    if (event === 'applied') since = at
    if ((event === 'ended' || event === 'undone') && since !== undefined && at !== undefined) {
      lines.push(w.cutOff(time(r, since), time(r, at), minutes(since, at, w), said(admitted)))
      since = undefined
    }
  }
  if (since !== undefined) lines.push(w.cutOff(time(r, since), undefined, undefined, said(admitted)))
  return lines
}

const said = (address: string | undefined) => (address === undefined ? undefined : visibleLine(address))
