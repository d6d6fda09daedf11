/** One kind of problem as `docs/problems.md` explains it. */
export interface ProblemText {
  /** Last segment of its `type`. */
  readonly name: string
  readonly status: string
  /** Markdown, one paragraph. */
  readonly text: string
}

/** Reads the sections of `docs/problems.md`: `### name`, then `404. What it means.` */
export function parseProblemTexts(markdown: string): readonly ProblemText[] {
  return [...markdown.matchAll(/^### ([a-z-]+)\n+(\d{3})\. ([\s\S]+?)\n(?=#|$(?![\s\S]))/gm)].map(
    ([, name = '', status = '', text = '']) => ({ name, status, text: text.replaceAll(/\s+/g, ' ').trim() }),
  )
}

/** A paragraph of Markdown as HTML: code and links, and nothing else. */
export function toHtml(markdown: string): string {
  return escaped(markdown)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\[([^\]]+)\]\((https:[^)\s]+)\)/g, '<a href="$2">$1</a>')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
