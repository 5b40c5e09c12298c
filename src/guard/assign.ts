// `A=1`, `A+=1`, `A=(x y)`, `A[i]=1`: what assignments put into variables.
import { expandWhole, expandWords } from './expand.ts'
import type { Shell } from './shell.ts'
import type { Variable } from './state.ts'
import type { Assign, Span } from './tree.ts'
import { concat, distinct, literal, UNKNOWN, type Value } from './value.ts'

export interface Assigned {
  readonly name: string
  readonly variable: Variable
}

const MOST = 1_024
/** Longer lists are not followed one by one. */
const shortened = (all: readonly Value[]): readonly Value[] =>
  all.length > MOST ? [...all.slice(0, MOST), UNKNOWN] : all

/** Libraries that every program started with this loads first: code. */
const PRELOADS = /^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/
/** Those of the system, and a library by its name alone, are what the distribution brings. */
const ORDINARY = /^(?:\/usr\/(?:local\/)?lib(?:64|exec)?\/|\/lib(?:64)?\/|[\w.+-]*$|\$LIB)/

export function preloads(shell: Shell, name: string, values: readonly Value[], span: Span): void {
  if (!PRELOADS.test(name)) return
  for (const value of values) {
    const plain = literal(value)
    if (plain?.split(/[\s:]+/).every((one) => ORDINARY.test(one)) === true) continue
    shell.emit({ verb: 'exec.option', on: { kind: 'program', name } }, span)
  }
}

export function assignments(shell: Shell, assigns: readonly Assign[]): readonly Assigned[] {
  const around = shell.around()
  return assigns.map((one) => {
    const values = 'parts' in one.value ? expandWhole(one.value, around) : undefined
    const elements =
      'parts' in one.value ? undefined : expandWords(one.value, around)[0]?.map(({ value }) => value)
    const before = shell.state.variables.get(one.name)
    if ('parts' in one.value && values !== undefined) preloads(shell, one.name, values, one.value.span)
    if (one.append && values !== undefined && before !== undefined)
      return {
        name: one.name,
        variable: {
          ...before,
          values: distinct(before.values.flatMap((a) => values.map((b) => concat(a, b)))),
        },
      }
    if (one.index !== undefined) {
      expandWhole(one.index, around)
      const all = [...(before?.elements ?? []), ...(values ?? [])]
      return { name: one.name, variable: { values: all, elements: all } }
    }
    if (elements !== undefined) {
      const all = shortened(
        one.append ? (before?.elements ?? before?.values ?? []).concat(elements) : elements,
      )
      return { name: one.name, variable: { values: [all[0] ?? []], elements: all } }
    }
    return {
      name: one.name,
      variable: { ...(before?.exported === true ? { exported: true } : {}), values: values ?? [[]] },
    }
  })
}
