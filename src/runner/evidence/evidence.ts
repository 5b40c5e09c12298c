// What the doors ask of evidence: collect and seal a set of level 1, tell of it (redacted to the gate), compare it, and give out raw bytes at
// the owner's door.
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { IncidentId } from '../../base/id.ts'
import { collectLevelOne } from '../../host/level-one.ts'
import { serviceOf } from '../../plans/policy.ts'
import type {
  EvidenceAdmin,
  EvidenceAnswer,
  EvidenceAnswers,
  EvidenceRead,
  PreserveRequest,
} from '../../seal/evidence.ts'
import { type RunnerParts, readContext } from '../parts.ts'
import { redact } from '../redact.ts'
import { chunkOf, secretValues } from '../verbs/read.ts'

type Asked<V extends EvidenceAdmin['verb']> = Extract<EvidenceAdmin, { readonly verb: V }>

export class Evidence {
  readonly #parts: RunnerParts
  /** What is being given out in pieces: read and compared once. */
  #exported: { incident: IncidentId; item: string; bytes: Buffer; digest: Digest } | undefined
  readonly #underWay = new Map<string, Promise<EvidenceAnswers['preserve']>>()
  constructor(parts: RunnerParts) {
    this.#parts = parts
  }

  /** Asked again, it answers with what was sealed, or joins the collecting that is under way. */
  preserve(request: PreserveRequest): Promise<EvidenceAnswers['preserve']> {
    const key = `${request.incident} ${request.set} ${request.number ?? 1}`
    const before = this.#underWay.get(key)
    if (before !== undefined) return before
    const work = this.#preserve(request).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, work)
    return work
  }

  async #preserve({
    incident,
    service: name,
    set,
    by,
    number = 1,
  }: PreserveRequest): Promise<EvidenceAnswers['preserve']> {
    const { evidence, policies } = this.#parts
    const known = async () => (await evidence.facts(incident)).sets.filter((one) => one.set === set)
    const sealed = (await known())[number - 1]
    if (sealed !== undefined) return { ...sealed, repeated: true }
    const service = serviceOf(policies.current, name)
    if (service === undefined) throw new SekishoError('runner.outside_inventory', { target: name })
    const { items, gaps, milliseconds } = await collectLevelOne(
      service,
      readContext(this.#parts, policies.current),
    )
    await evidence.seal({
      incident,
      service: name,
      set,
      items: items.map(({ name: item, bytes }) => ({ name: item, content: [bytes] })),
      gaps,
      milliseconds,
      by,
    })
    const made = (await known()).at(-1)
    if (made === undefined) throw new SekishoError('evidence.unknown', { incident, item: set })
    return { ...made, repeated: false }
  }

  /** To the gate: texts without the secrets that this runner knows. */
  async read(what: EvidenceRead): Promise<EvidenceAnswer> {
    const { evidence } = this.#parts
    const { incident } = what
    switch (what.kind) {
      case 'evidence':
        return { kind: 'evidence', facts: await evidence.facts(incident) }
      case 'evidenceItem': {
        const { bytes } = await evidence.read(incident, what.item)
        if (what.offset === 0) await evidence.custody(incident, what.by, 'read', what.item)
        const clean = Buffer.from(redact(bytes.toString('utf8'), await secretValues(this.#parts)))
        return { kind: 'evidenceItem', ...chunkOf(clean, what.offset) }
      }
      case 'evidenceCheck': {
        const facts = await evidence.check(incident)
        if (facts.items.length > 0) await evidence.custody(incident, what.by, 'verified')
        return { kind: 'evidenceCheck', facts }
      }
    }
  }

  async raw({ incident, item, offset, by }: Asked<'evidenceRaw'>): Promise<EvidenceAnswers['evidenceRaw']> {
    const { evidence } = this.#parts
    // Written down once for the whole; the pieces that follow are of the same bytes.
    const known = this.#exported
    if (offset === 0 || known?.incident !== incident || known.item !== item) {
      const { bytes, of } = await evidence.read(incident, item)
      await evidence.custody(incident, by, 'exported', item)
      this.#exported = { incident, item, bytes, digest: of.digest }
    }
    const { bytes, digest } = this.#exported ?? (await this.#again(incident, item))
    const chunk = chunkOf(bytes, offset)
    if (chunk.last) this.#exported = undefined
    return { ...chunk, digest }
  }

  async #again(incident: IncidentId, item: string) {
    const { bytes, of } = await this.#parts.evidence.read(incident, item)
    return { bytes, digest: of.digest }
  }

  async hold({ incident, held, by }: Asked<'evidenceHold'>): Promise<EvidenceAnswers['evidenceHold']> {
    await this.#known(incident)
    await this.#parts.evidence.custody(incident, by, held ? 'held' : 'released')
    return { held }
  }

  async #known(incident: IncidentId): Promise<void> {
    const { sets } = await this.#parts.evidence.facts(incident)
    if (sets.length === 0) throw new SekishoError('evidence.unknown', { incident, item: '' })
  }
}
