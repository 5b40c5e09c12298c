// Has the sources of a change read in a child without rights (impact-child.ts). Where the child does not answer, nothing is known of what the change touches.
import {
  boolean,
  type Decoder,
  decode,
  integer,
  list,
  literal,
  object,
  optional,
  text,
} from '../base/decode.ts'
import { FINDING_CODES, type Finding, type FindingCode } from '../code/finding.ts'
import type { Impact, ImpactInput, Touched } from '../code/impact.ts'
import { askReadingChild, type ReadingChild } from './reading-child.ts'

export async function readImpact(
  child: ReadingChild,
  input: ImpactInput,
): Promise<{ readonly impact: Impact } | { readonly why: string }> {
  const said = await askReadingChild(child, 'impact', JSON.stringify(input))
  if ('why' in said) return said
  const read = decode(impact, said.value)
  return read.ok ? { impact: read.value } : { why: `answer: ${read.at}` }
}

const word = text({ max: 4096 })
const words = list(word, 100_000)
const touched: Decoder<readonly Touched[]> = list(
  object({ sign: literal('+', '~', '-'), name: word, path: word }),
  100_000,
)
const finding: Decoder<Finding> = object({
  code: literal(...(Object.keys(FINDING_CODES) as FindingCode[])),
  blocks: boolean,
  path: optional(word),
  line: optional(integer(1)),
  text: word,
})
const impact: Decoder<Impact> = object({
  routes: touched,
  models: touched,
  migrations: words,
  environment: words,
  units: words,
  dependencies: list(object({ name: word, before: optional(word), after: optional(word) }), 100_000),
  importers: words,
  tableUsers: words,
  lines: object({ added: integer(0), removed: integer(0) }),
  findings: list(finding, 10_000),
  notRead: words,
})
