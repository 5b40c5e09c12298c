// The registry of proofs: what must be seen before a change keeps itself. One file a kind in plans/proofs/; the runner has the twin of
// each (runner/prove/). Expected values that only the trial knows stand in its sealed evidence.
import { type Decoder, union } from '../base/decode.ts'
import type { PlanWords } from '../words/plan.ts'
import { type AnswersProof, answers } from './proofs/answers.ts'
import { type ConnectedProof, connected } from './proofs/connected.ts'
import { type DeployedProof, deployed } from './proofs/deployed.ts'
import { type FilesProof, files } from './proofs/files.ts'
import { type HealthProof, health } from './proofs/health.ts'
import { type NginxProof, nginx } from './proofs/nginx.ts'
import { type ProbeProof, probe } from './proofs/probe.ts'
import type { ProofKind } from './proofs/proof-kind.ts'
import { type ReadBackProof, readBack } from './proofs/read-back.ts'
import { type RestoredProof, restored } from './proofs/restored.ts'
import { type RunningProof, running } from './proofs/running.ts'
import { type SchemaProof, schema } from './proofs/schema.ts'
import { type UnitProof, unit } from './proofs/unit.ts'

export type Proof =
  | FilesProof
  | NginxProof
  | UnitProof
  | RunningProof
  | AnswersProof
  | HealthProof
  | ProbeProof
  | RestoredProof
  | SchemaProof
  | DeployedProof
  | ConnectedProof
  | ReadBackProof

type Kinds = { readonly [Kind in Proof['kind']]: ProofKind<Extract<Proof, { readonly kind: Kind }>> }

const PROOFS: Kinds = {
  files,
  nginx,
  unit,
  running,
  answers,
  health,
  probe,
  restored,
  schema,
  deployed,
  connected,
  readBack,
}

const decoders = Object.fromEntries(Object.entries(PROOFS).map(([kind, { decode }]) => [kind, decode]))
export const proofDecoder: Decoder<Proof> = union<'kind', Proof>(
  'kind',
  decoders as { readonly [Kind in Proof['kind']]: Decoder<Extract<Proof, { readonly kind: Kind }>> },
)

/** `isBroughtBack`: of a plan whose restore is taken back. */
export function proofLine(proof: Proof, isBroughtBack: boolean, words: PlanWords): string {
  return (PROOFS[proof.kind] as ProofKind<Proof>).line(proof, words, isBroughtBack)
}
