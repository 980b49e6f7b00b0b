(() => {
  const chinese = navigator.language.startsWith("zh");
  // Gradio knows Chinese by two names alone, and takes every other for English.
  if (chinese && !["zh-CN", "zh-TW"].includes(navigator.language)) {
    const name = /Hant|HK|MO/.test(navigator.language) ? "zh-TW" : "zh-CN";
    Object.defineProperty(navigator, "language", { get: () => name });
  }
  document.documentElement.lang = chinese ? "zh-CN" : "en";
  let followed = null; // the marker that led to a card: back is back there
  // Markers come and go as answers are written, so one listener serves them all; Enter on a link arrives here as a click.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.cite, a.back, a.copy, a.again, a.edit, a.export, a.print, a.open, a.drop, a.judge, a.wish");
    if (!link) return;
    event.preventDefault();
    const name = link.getAttribute("href").slice(1);
    if (link.classList.contains("cite")) {
      followed = link;
      show(name);
    }
    else if (link.classList.contains("back")) back(name);
    else if (link.classList.contains("export")) take(link);
    else if (link.classList.contains("print")) print();
    else if (link.classList.contains("drop") && !link.dataset.sure) doubt(link);
    else if (link.matches(".open, .drop") && document.querySelector("#question .stop-button")) return; // an answer is being written here
    else if (link.matches(".open, .drop, .judge, .wish")) ask(link, name);
    else if (link.classList.contains("copy")) copy(link, held(name));
    else write(held(name), link.classList.contains("again"));
  });
  // What is out of sight has its line ends as <br>.
  function held(name) {
    const part = document.getElementById(name)?.cloneNode(true);
    for (const end of part?.querySelectorAll("br") ?? []) end.replaceWith("\n");
    return part?.textContent.trim() ?? "";
  }
  async function copy(link, text) {
    const label = link.textContent;
    try {
      await navigator.clipboard.writeText(text);
      link.textContent = chinese ? "已复制" : "Copied";
    } catch {
      link.textContent = chinese ? "复制不了" : "Cannot copy";
    }
    setTimeout(() => { link.textContent = label; }, 1500);
  }
  // The conversation as one file of Markdown; the footnotes of each answer bear its number, so that none is there twice.
  function take(link) {
    const answers = [...document.querySelectorAll("#chat [id^=copy-][id$=-markdown]")].map((part) => {
      const turn = part.id.split("-")[1];
      const footnoted = held(part.id).replace(/\[\^(\d+)\]/g, `[^${turn}-$1]`);
      // A question may be a suggested one, which has a document's title in it. It is escaped as the answers are, by rag.chat.export.
      const asked = held(`asked-${turn}`).replace(/\s+/g, " ").replace(/[\\`*_{}\[\]<>#+|~]/g, "\\$&");
      return `## ${asked}\n\n${footnoted}`;
    });
    if (!answers.length) return;
    const file = document.createElement("a");
    file.href = URL.createObjectURL(new Blob([["# 文据 · 对话", ...answers].join("\n\n"), "\n"], { type: "text/markdown" }));
    file.download = `文据对话-${new Date().toISOString().slice(0, 10)}.md`;
    file.click();
    URL.revokeObjectURL(file.href);
  }
  // What cannot be undone is asked for twice.
  function doubt(link) {
    const label = link.textContent;
    link.dataset.sure = "asked";
    link.textContent = chinese ? "确定删除？" : "Really?";
    setTimeout(() => {
      delete link.dataset.sure;
      link.textContent = label;
    }, 4000);
  }
  // What only the server can do is asked of it through a box that nobody sees.
  function ask(link, wish) {
    if (link.classList.contains("judge")) {
      for (const other of link.parentElement.querySelectorAll(".judge")) other.classList.toggle("is-chosen", other === link);
    }
    const box = document.querySelector("#wish textarea, #wish input");
    box.value = `${wish}-${performance.now()}`; // so that the same wish is a new one
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function write(question, send) {
    const box = document.querySelector("#question textarea");
    if (!box || box.disabled) return;
    box.value = question;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
    // The box has to have heard of its new text before it sends it.
    if (send) setTimeout(() => document.querySelector("#question .submit-button")?.click(), 100);
  }
  // A marker that is pointed at or focused shows its paragraph beside it.
  const peek = document.createElement("div");
  peek.id = "peek";
  peek.hidden = true;
  peek.setAttribute("role", "tooltip");
  const hide = () => { peek.hidden = true; };
  function peep(event) {
    const link = event.target.closest?.("a.cite");
    const card = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!card) return hide();
    if (!peek.isConnected) document.querySelector(".gradio-container").append(peek);
    peek.replaceChildren(...[...card.querySelectorAll(".title, :scope > .text")].map((part) => part.cloneNode(true)));
    peek.hidden = false;
    const box = link.getBoundingClientRect();
    const { width, height } = peek.getBoundingClientRect();
    const above = box.top - height - 8;
    peek.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
    peek.style.top = `${above > 8 ? above : box.bottom + 8}px`;
  }
  document.addEventListener("mouseover", peep);
  document.addEventListener("focusin", peep);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  // What is sent while an answer is written would be written over by it: it stays in the box.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.closest?.("#question")) return;
    if (!document.querySelector("#question .stop-button")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the key is the input method's
    const at = document.activeElement;
    if (event.key === "Escape") {
      const name = at?.closest?.("article.card")?.id;
      hide();
      if (name) back(name.replace("cite", "from"));
      else document.querySelector("#question .stop-button")?.click();
      return;
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || !at?.matches?.("a.cite")) return;
    event.preventDefault();
    const links = [...document.querySelectorAll("#chat a.cite")];
    links[(links.indexOf(at) + step + links.length) % links.length].focus();
  });
  async function show(name) {
    const card = document.getElementById(name);
    if (!card) return;
    const pane = document.getElementById("citations");
    document.querySelector("#tabs [role=tab]")?.click();
    // What is in a pane that is not shown yet takes no focus.
    for (let tries = 0; !pane.offsetParent && tries < 50; tries += 1) await new Promise(requestAnimationFrame);
    const sheet = card.querySelector(".sheet a.wish");
    if (sheet) ask(sheet, sheet.getAttribute("href").slice(1));
    const turn = card.closest("section");
    for (const section of turn.parentElement.querySelectorAll("section")) section.hidden = section !== turn;
    for (const other of document.querySelectorAll(".is-target")) other.classList.remove("is-target");
    card.classList.add("is-target");
    card.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
  function back(name) {
    const marker = `#${name.replace("from", "cite")}`;
    const led = followed?.isConnected && followed.getAttribute("href") === marker;
    const link = led ? followed : document.querySelector(`#chat a.cite[href="${marker}"]`);
    link?.focus({ preventScroll: true });
    link?.scrollIntoView({ block: "center" });
  }
  // The picture of a page goes where its card has a place for it; a click shows it at its full size.
  function place() {
    const made = document.querySelector("#sheet [id^=made-]");
    const slot = made && document.getElementById(made.id.slice("made-".length));
    if (slot && slot.dataset.made !== "yes") {
      slot.replaceChildren(...[...made.childNodes].map((node) => node.cloneNode(true)));
      slot.dataset.made = "yes";
    }
  }
  document.addEventListener("click", (event) => event.target.closest?.(".sheet img")?.classList.toggle("is-large"));
  // Gradio names each message by its source, tags and all, and the conversation in English: name them for who listens to the page.
  const names = chinese ? { bot: "回答", user: "问题", log: "对话" } : { bot: "Answer", user: "Question", log: "Conversation" };
  // What Gradio says in English whatever the language.
  const said = [
    [/^Error$/, "出错了"],
    [/^Warning$/, "请注意"],
    [/^Connection to the server was lost.*/, "与服务器的连接断了，正在重新连接…"],
    [/^File\(s\) exceed the maximum allowed size of (\d+)(?:\.\d+)? (\w+): (.*)$/, (_, most, unit, name) => `文件太大（最多 ${most} ${unit.toUpperCase()}）：${name}`],
    [/^Queue is full.*/, "问的人太多了，请稍后再问一次。"],
  ];
  function translate() {
    for (const toast of chinese ? document.querySelectorAll(".toast-body") : []) {
      const texts = document.createTreeWalker(toast, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const text = texts.currentNode.data.trim();
        const [pattern, ours] = said.find(([pattern]) => pattern.test(text)) ?? [];
        if (pattern) texts.currentNode.data = text.replace(pattern, ours);
      }
    }
  }
  new MutationObserver(() => {
    place();
    translate();
    for (const part of document.querySelectorAll("#chat [role=log], #chat [data-testid=bot], #chat [data-testid=user]")) {
      const name = names[part.dataset.testid] ?? names.log;
      if (part.ariaLabel !== name) part.ariaLabel = name;
    }
    // A list of buttons is no list to a screen reader.
    for (const part of document.querySelectorAll("#chat .examples[role=list]")) part.role = "group";
  }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["aria-label"] });
})();
