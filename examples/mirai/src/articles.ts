// Knowledge articles: what a team has learned, found again by its words.
export interface Article {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly tags: readonly string[]
  readonly author: string
  readonly changedAt: string
}

export interface Draft {
  readonly title: string
  readonly body: string
  readonly tags: readonly string[]
}

export function isArticle(value: unknown): value is Article {
  if (typeof value !== 'object' || value === null) return false
  const { id, author, changedAt } = value as Record<string, unknown>
  return (
    typeof id === 'string' &&
    typeof author === 'string' &&
    typeof changedAt === 'string' &&
    readDraft(value) !== undefined
  )
}

/** The draft in a request's body, or undefined when something is missing or of the wrong kind. */
export function readDraft(value: unknown): Draft | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { title, body, tags = [] } = value as Record<string, unknown>
  if (!isText(title) || title.trim() === '' || !isText(body)) return undefined
  if (!Array.isArray(tags) || !tags.every(isText)) return undefined
  return { title, body, tags }
}

/** No database holds a zero in a text, so neither do files: what is accepted does not depend on where it is kept. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

/** Every word must occur; a word in the title weighs three, in a tag two, in the text one. Best first. */
export function search(articles: readonly Article[], query: string): readonly Article[] {
  const words = fold(query)
    .split(/\s+/u)
    .filter((word) => word !== '')
  if (words.length === 0) return []
  return articles
    .map((article) => ({ article, score: score(article, words) }))
    .filter((found) => found.score > 0)
    .sort((a, b) => b.score - a.score || a.article.id.localeCompare(b.article.id))
    .map((found) => found.article)
}

function score(article: Article, words: readonly string[]): number {
  const title = fold(article.title)
  const body = fold(article.body)
  const tags = article.tags.map(fold)
  let sum = 0
  for (const word of words) {
    const weight =
      (title.includes(word) ? 3 : 0) + (tags.includes(word) ? 2 : 0) + (body.includes(word) ? 1 : 0)
    if (weight === 0) return 0
    sum += weight
  }
  return sum
}

/** Wide and narrow forms, and letters of either case, are one. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
