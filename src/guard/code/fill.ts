// Texts with places in them.
import { ANY, concat, distinct } from '../value.ts'
import { type Code, originsOf, valuesOf } from './value.ts'

/** `'%s' % x`: every %s and {} takes a value. */
export function filled(format: Code, given: Code | readonly Code[]): Code {
  const list = Array.isArray(given) ? (given as readonly Code[]) : ((given as Code).list ?? [given as Code])
  const values = valuesOf(format).map((value) => {
    let at = 0
    return concat(
      ...value.map((piece) =>
        typeof piece !== 'string'
          ? [piece]
          : concat(
              ...piece
                .split(/(%[-\d.]*[sdrif]|\{\w*\})/)
                .map((part, i) => (i % 2 === 0 ? [part] : (valuesOf(list[at++])[0] ?? [ANY]))),
            ),
      ),
    )
  })
  return { values: distinct(values), origins: originsOf(format, ...list) }
}
