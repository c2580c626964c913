"""Markdown as Confluence keeps it: its storage format, which is XHTML with elements of its own."""

from collections.abc import Sequence

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import escape

from followthrough.markdown import parser
from followthrough.postmortem_document import Document


class _Renderer(RendererHTML):
    """Code is Confluence's own macro; an image is a link to it, for nothing is loaded from elsewhere."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _code(tokens[idx].content, tokens[idx].info.split(maxsplit=1)[0] if tokens[idx].info.strip() else "")

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _code(tokens[idx].content, "")

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = str(tokens[idx].attrGet("src") or "")
        shown = self.renderInlineAsText(tokens[idx].children, options, env) if tokens[idx].children else source
        return str(escape(shown)) if _within_link(tokens, idx) else _link(source, shown)

    def s_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<del>"

    def s_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</del>"


_markdown = parser(xhtmlOut=True)
_markdown.renderer = _Renderer()


def storage(found: Document, url: str) -> str:
    """The page of a postmortem, whose own place is ``url``; well-formed within one element."""
    above = "".join(f"<p>{escape(line)}</p>" for line in found.above)
    kept = f"<p>It is kept at {_link(url, url)}; what is changed here is lost when it is published again.</p>"
    page = f"{above}{kept}<hr />{_markdown.render(found.text)}"
    if not found.items:
        return page
    base = url.partition("/incidents/")[0]
    items = "".join(f"<li>{_link(f'{base}/items/{key}', key)}: {escape(said)}</li>" for key, said in found.items)
    return f"{page}<h2>Its action items</h2><ul>{items}</ul>"


def _link(to: str, shown: str) -> str:
    return f'<a href="{escape(to)}">{escape(shown)}</a>'


def _within_link(tokens: Sequence[Token], idx: int) -> bool:
    """Links stand in no links."""
    return sum(token.type == "link_open" for token in tokens[:idx]) > sum(
        token.type == "link_close" for token in tokens[:idx]
    )


def _code(content: str, language: str) -> str:
    named = f'<ac:parameter ac:name="language">{escape(language)}</ac:parameter>' if language else ""
    text = content.replace("]]>", "]]]]><![CDATA[>")
    body = f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"
    return f'<ac:structured-macro ac:name="code">{named}{body}</ac:structured-macro>'
