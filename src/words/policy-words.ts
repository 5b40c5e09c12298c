// The shape of the sentences about sekisho.yaml: a code without a sentence in both languages does not compile.
import type { PolicyProblemCode } from '../base/policy-problem.ts'
import type { Reader, Sentence } from './words.ts'

type CodeCode = Extract<
  PolicyProblemCode,
  `${'repo' | 'command' | 'test' | 'rehearse' | 'migrations'}.${string}`
>
/** What is wrong with the declared code of a service. */
export type PolicyCodeWords = Pick<PolicyWords, CodeCode>
type FormCode = Exclude<
  Extract<PolicyProblemCode, `${'yaml' | 'key' | 'value' | 'path'}.${string}`>,
  'value.mail' | 'value.host' | 'value.secret_digest'
>
export type PolicyFormWords = Pick<PolicyWords, FormCode>
export type PolicyWords = Readonly<Record<PolicyProblemCode, (d: Reader) => Sentence>>
