// Whom an incident was meant for, and whom it reached: an address in the rules is no delivery. Rules.
import { isObject, type JsonObject } from '../base/json.ts'
import { visibleLine } from '../words/layout.ts'
import { array, names, type Reading, type ToldFacts, text, time, toldOf } from './report-reading.ts'

export function told(r: Reading): readonly string[] {
  const { source, w } = r
  const meant = source.entries.flatMap(({ at, payload }) =>
    toldOf(payload).map((one) => `${time(r, at)}  ${toldLine(one, r)}`),
  )
  const reached = source.entries.filter(({ kind }) => kind === 'notice.delivered')
  const refused = source.entries.filter(({ kind }) => kind === 'notice.not_delivered')
  const channel = (payload: JsonObject) => visibleLine(text(payload, 'channel') ?? w.notKnown)
  const at = (entry: { readonly at: string; readonly payload: JsonObject }) =>
    time(r, text(entry.payload, 'at') ?? entry.at)
  return [
    ...(meant.length === 0 ? [w.nobodyTold] : meant),
    ...reached.map((one) => w.delivered(at(one), channel(one.payload))),
    ...refused.map((one) => w.notDelivered(at(one), channel(one.payload))),
    ...(reached.length > 0 ? [] : [hasNoChannel(r) ? w.noChannel : w.nobodyReached]),
  ]
}

/** The entries say it: the rules of then had no channel. */
const hasNoChannel = ({ source }: Reading) =>
  source.entries
    .flatMap(({ payload }) => array(payload, 'told'))
    .some((one) => isObject(one) && one['channels'] === 0)

export const toldLine = ({ why, people }: ToldFacts, r: Reading) =>
  r.w.event.told(r.w.toldWhy[why] ?? why, names(people, r))
