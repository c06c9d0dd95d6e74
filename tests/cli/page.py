"""Reads a page on standard input and prints, as JSON, what is wrong with it: for tests of pages with text from outside."""

import base64
import hashlib
import html.parser
import json
import re
import sys

VOID = {"meta", "br", "hr", "input"}
KNOWN = set(
    "html head meta title style body a header p span h1 h2 h3 h4 h5 h6 dl div dt dd code strong nav ul ol li main section "
    "table thead tbody tr th td svg desc defs pattern rect line text g button pre details summary del ins em blockquote sup "
    "footer script".split()
)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.wrong, self.open, self.ids, self.places, self.levels = [], [], [], [], []
        self.inline = {"style": [], "script": []}
        self.policy = self.title = self.text = ""
        self.first_meta = None

    def handle_starttag(self, tag, attrs):
        if tag not in KNOWN:
            self.wrong.append(f"a tag <{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "src", "srcset", "action", "formaction", "background", "xlink:href"):
                self.wrong.append(f"an attribute {name} of <{tag}>")
            if name == "href":
                self.places.append(value)
                if re.match(r"\s*(?!https?:|mailto:|tel:)[^/?#]*:", value) or re.match(r"[/\\]{2}", value):
                    self.wrong.append(f"an address {value}")
            if name == "id":
                self.ids.append(value)
        if tag == "meta":
            attrs = dict(attrs)
            self.first_meta = self.first_meta or attrs
            if attrs.get("http-equiv") == "refresh":
                self.wrong.append("a refresh")
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> closes {self.open[-1:]} at {self.getpos()}")
        else:
            self.open.pop()

    def handle_data(self, data):
        top = self.open[-1] if self.open else ""
        if top in self.inline:
            self.inline[top].append(data)
        elif top == "title" and len(self.open) == 3:
            self.title += data
        else:
            self.text += data

    def handle_comment(self, data):
        self.wrong.append(f"a comment {data!r}")


def main():
    raw = sys.stdin.buffer.read().decode("utf-8")
    page = Page()
    page.feed(raw)
    page.close()
    wrong = page.wrong + [f"<{tag}> is not closed" for tag in page.open]
    wrong += [f"the id {one} twice" for one in set(page.ids) if page.ids.count(one) > 1]
    wrong += [f"{one} leads nowhere" for one in page.places if one.startswith("#") and one[1:] not in page.ids]
    wrong += [f"h{b} behind h{a}" for a, b in zip([0] + page.levels, page.levels) if b > a + 1]
    first = page.first_meta or {}
    if first.get("http-equiv") != "Content-Security-Policy":
        wrong.append("the policy is not the first meta")
    wanted = "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src 'none'; base-uri 'none'; form-action 'none'"
    hashes = []
    for tag in ("style", "script"):
        found = re.findall(f"<{tag}>(.*?)</{tag}>", raw, re.S)
        if len(found) != 1:
            wrong.append(f"{len(found)} times <{tag}>")
        hashes.append(base64.b64encode(hashlib.sha256("".join(found).encode()).digest()).decode())
    if first.get("content") != wanted.format(*hashes):
        wrong.append(f"the policy is {first.get('content')}, and the hashes {hashes}")
    for c in raw:
        if ord(c) < 32 and c not in "\n" or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200b\ufeff":
            wrong.append(f"the character {ord(c):x}")
            break
    print(json.dumps({"wrong": wrong, "title": page.title, "text": page.text, "ids": page.ids, "links": page.places}))


main()
