// systemd is told to start, stop, restart or reload a declared unit.
import { type Decoder, literal, object, text } from '../../base/decode.ts'
import type { ActionKind } from './action-kind.ts'

export type UnitVerb = 'start' | 'stop' | 'restart' | 'reload'

export interface UnitAction {
  readonly kind: 'unit'
  readonly verb: UnitVerb
  readonly unit: string
}

export const SYSTEMCTL = '/usr/bin/systemctl'

/** The argv of a unit action: the one place that says it, used by the runner's act/ too. */
export function unitArgv(verb: UnitVerb, unit: string): readonly string[] {
  return [SYSTEMCTL, '--no-ask-password', verb, '--', unit]
}

export const unitName = text({ max: 255, pattern: /^[A-Za-z0-9:_.\\@-]+$/, what: 'a unit name' })
export const unitDecoder: Decoder<UnitAction> = object({
  kind: literal('unit'),
  verb: literal('start', 'stop', 'restart', 'reload'),
  unit: unitName,
})

export const unit: ActionKind<UnitAction> = {
  decode: unitDecoder,
  lines: ({ verb, unit: name }) => [unitArgv(verb, name).join(' ')],
  difference: ({ verb, unit: name }) => [`${verb} ${name}`],
  summary: ({ kind, verb, unit: name }) => ({ kind, verb, unit: name }),
  settings: ({ verb, unit: name }) => [`systemctl ${verb} ${name}`],
  isLight: ({ verb }) => verb === 'restart' || verb === 'reload',
}
