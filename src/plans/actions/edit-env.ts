// Variables of an environment file are set and removed by key. Its other values are read by nobody but the runner.
import { type Decoder, integer, list, literal, object, text, union } from '../../base/decode.ts'
import type { PlanWords } from '../../words/plan.ts'
import { absolutePath, fileState, keyedHash, links, stateText, type TouchedFile } from '../file-state.ts'
import type { ActionKind } from './action-kind.ts'

export type EnvValue =
  | { readonly kind: 'text'; readonly value: string }
  /** A value put by `sekisho secret put`: only its name, version and keyed hash travel. */
  | { readonly kind: 'secret'; readonly reference: string; readonly version: number; readonly keyed: string }

export interface EnvSetting {
  readonly key: string
  readonly to: EnvValue
}

/** `before` is always `secret` or `absent`. The new keyed hash is computed by the runner at the trial. */
export interface EditEnv extends TouchedFile {
  readonly kind: 'editEnv'
  readonly set: readonly EnvSetting[]
  readonly unset: readonly string[]
}

/** An environment file is small; its size is not read by whoever asks for room. */
const ENV_BYTES = 65_536

const envKey = text({ max: 200, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, what: 'a variable name' })
const value: Decoder<EnvValue> = union<'kind', EnvValue>('kind', {
  text: object({ kind: literal('text'), value: text({ max: 32_768 }) }),
  secret: object({
    kind: literal('secret'),
    reference: text({ max: 200 }),
    version: integer(1),
    keyed: keyedHash,
  }),
})

export const editEnv: ActionKind<EditEnv> = {
  decode: object({
    kind: literal('editEnv'),
    path: absolutePath,
    real: absolutePath,
    links,
    before: fileState,
    set: list(object({ key: envKey, to: value })),
    unset: list(envKey),
  }),
  lines: ({ real, before, set, unset }, words) => [
    words.edit(real, stateText(before, words)),
    ...set.map((one) => `  ${settingLine(one, words)}`),
    ...unset.map((key) => `  ${words.unset(key)}`),
  ],
  putBackLines: ({ real, before }, words) => [words.putBack(real, stateText(before, words))],
  summary: ({ kind, real, set, unset }) => ({ kind, file: real, set: set.map(({ key }) => key), unset }),
  files: (action) => [action],
  settings: ({ set, unset }) => [...set.map(({ key }) => key), ...unset.map((key) => `${key} (unset)`)],
  secrets: ({ set }) => set.flatMap(({ to }) => (to.kind === 'secret' ? [to] : [])),
  written: ({ real }) => [{ path: real, bytes: ENV_BYTES }],
}

/** A value given in the open is shown whole: whoever approves reads what will stand there. Secrets travel by name and version. */
function settingLine({ key, to }: EnvSetting, words: PlanWords): string {
  return to.kind === 'secret'
    ? words.setSecret(key, to.reference, to.version)
    : words.set(`${key}=${JSON.stringify(to.value).slice(1, -1)}`)
}
