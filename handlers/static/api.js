"use strict";
// The OpenAPI document as a page. Everything is set as text: nothing of it is taken for markup.

const made = (tag, text = "", ...inside) => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...inside);
  return element;
};

const opened = (title, says, ...inside) =>
  made("details", "", made("summary", "", made("code", title), ` ${says}`), ...inside);

const resolved = (api, part) =>
  part.$ref ? part.$ref.slice(2).split("/").reduce((at, name) => at[name], api) : part;

const operation = (api, path, method, does) => {
  const list = made("dl");
  const add = (term, says) => list.append(made("dt", term), made("dd", says));
  const scope = (does.security ?? []).flatMap((each) => each.token ?? []);
  add("Proof", scope.length ? `a token that may ${scope}` : "the source's own");
  for (const parameter of does.parameters ?? []) {
    const { name, in: where, required, description, schema } = resolved(api, parameter);
    add(`${name} (${where}${required ? "" : ", optional"})`, description ?? JSON.stringify(schema));
  }
  if (does.requestBody) add("Body", does.requestBody.$ref?.split("/").at(-1) ?? "JSON");
  for (const [status, answer] of Object.entries(does.responses)) {
    add(status, answer.$ref?.split("/").at(-1) ?? answer.description);
  }
  return opened(`${method.toUpperCase()} ${path}`, does.summary, list);
};

const show = (api) => {
  document.getElementById("description").textContent = api.info.description;
  const [{ url }] = api.servers;
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, does] of Object.entries(methods)) {
      document.getElementById("paths").append(operation(api, url + path, method, does));
    }
  }
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const text = made("pre", JSON.stringify(schema, null, 2));
    document.getElementById("schemas").append(opened(name, schema.description ?? "", text));
  }
};

fetch("/api/v1/openapi.json").then((answer) => answer.json()).then(show);
