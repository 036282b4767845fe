"use strict";

// Reads the document that stands beside this page and lets a person call what it describes.
// All that is shown is set as text, never as HTML.

const METHODS = ["get", "post", "put", "patch", "delete"];
const SHOWN_CHARACTERS_MAX = 256 * 1024;
const JSON_TYPE = "application/json";
const at = (id) => document.getElementById(id);

let api;
let operations = [];
let running;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The object that a `$ref` names, or the object itself. */
function resolved(object) {
  if (!object || !object.$ref) return object;
  const names = object.$ref.slice(2).split("/").map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce((found, name) => found[name], api);
}

/** The fields of a query that is described as an object, or the parameter itself. */
function fields(parameter) {
  const { properties, required = [] } = resolved(parameter.schema) || {};
  if (!properties) return [parameter];
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    in: parameter.in,
    required: required.includes(name),
  }));
}

function listed() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      path,
      method: method.toUpperCase(),
      parameters: (item[method].parameters || []).map(resolved).flatMap(fields),
      ...item[method],
      id: item[method].operationId,
    })),
  );
}

function chosen() {
  return operations.find((operation) => operation.id === at("operation").value);
}

function showOperations() {
  const tags = api.tags.map((tag) => tag.name);
  at("operation").replaceChildren(
    ...tags.map((tag) =>
      element(
        "optgroup",
        { label: tag },
        ...operations
          .filter((operation) => operation.tags[0] === tag)
          .map(({ id, method, path, summary }) =>
            element("option", { value: id, textContent: `${method} ${path}: ${summary}` }),
          ),
      ),
    ),
  );
}

function field(parameter) {
  const schema = resolved(parameter.schema) || {};
  const input = element("input", { id: `parameter-${parameter.name}`, spellcheck: false });
  input.required = Boolean(parameter.required);
  input.placeholder = String((schema.examples || [schema.example])[0] ?? "");
  const hint = parameter.description || schema.description || "";
  const label = element("label", {}, `${parameter.name} `, element("span", { className: "hint", textContent: hint }), input);
  if (parameter.name !== "Idempotency-Key") return label;
  const make = element("button", { type: "button", textContent: "New key" });
  make.addEventListener("click", () => (input.value = randomKey()));
  return element("div", {}, label, make);
}

function randomKey() {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

function showOperation() {
  const operation = chosen();
  at("description").textContent = operation.description || "";
  at("parameters").replaceChildren(...operation.parameters.map(field));
  at("content").hidden = !operation.requestBody;
  const examples = Object.entries(content(operation)?.examples || {});
  at("example").replaceChildren(...examples.map(([name]) => element("option", { value: name, textContent: name })));
  showExample();
  at("expected").replaceChildren(
    ...Object.entries(operation.responses).flatMap(([status, response]) => [
      element("dt", { textContent: status }),
      element("dd", { textContent: resolved(response).description }),
    ]),
  );
}

function contentType(operation) {
  return Object.keys(resolved(operation.requestBody)?.content || {})[0];
}

function content(operation) {
  return resolved(operation.requestBody)?.content?.[contentType(operation)];
}

function showExample() {
  const operation = chosen();
  const example = content(operation)?.examples?.[at("example").value];
  if (!example) at("body").value = "";
  else if (contentType(operation) === JSON_TYPE) at("body").value = JSON.stringify(example.value, null, 2);
  else at("body").value = String(new URLSearchParams(example.value));
}

function authorization() {
  if (at("key").value) return `Bearer ${at("key").value}`;
  if (!at("account").value) return null;
  const pair = new TextEncoder().encode(`${at("account").value}:${at("password").value}`);
  return `Basic ${btoa(String.fromCharCode(...pair))}`;
}

/** What the form says, as arguments of fetch. */
function request() {
  const operation = chosen();
  const headers = new Headers();
  const query = new URLSearchParams();
  let path = operation.path;
  for (const { name, in: place } of operation.parameters) {
    const value = at(`parameter-${name}`).value;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (!value) continue;
    else if (place === "header") headers.set(name, value);
    else query.append(name, value);
  }
  const shown = operation.security.length ? authorization() : null;
  if (shown) headers.set("Authorization", shown);
  const body = operation.requestBody && at("body").value.trim() ? at("body").value : undefined;
  if (body !== undefined) headers.set("Content-Type", contentType(operation));
  const url = path + (query.size ? `?${query}` : "");
  // Credentials are said above; without "omit" the browser would ask for them itself.
  return [url, { method: operation.method, headers, body, credentials: "omit", cache: "no-store" }];
}

async function send(event) {
  event.preventDefault();
  const started = performance.now();
  running = new AbortController();
  at("send").disabled = true;
  at("stop").disabled = false;
  for (const id of ["line", "meaning", "headers", "said"]) at(id).textContent = "";
  at("status").textContent = "…";
  at("answer").hidden = false;
  delete at("answer").dataset.done;
  try {
    const [url, how] = request();
    at("line").textContent = `${how.method} ${url}`;
    const response = await fetch(url, { ...how, signal: running.signal });
    at("status").textContent = `${response.status} ${response.statusText} in ${Math.round(performance.now() - started)} ms`;
    at("meaning").textContent = resolved(chosen().responses[response.status])?.description || "";
    at("headers").textContent = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    await show(response);
  } catch (error) {
    const isStopped = error.name === "AbortError";
    at("said").textContent += isStopped ? "\n(stopped)" : `No answer: ${error.message}`;
  } finally {
    at("send").disabled = false;
    at("stop").disabled = true;
    at("answer").dataset.done = "true";
  }
}

/** Shows a body as it comes, so that one without an end can be watched. */
async function show(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text = (text + value).slice(-SHOWN_CHARACTERS_MAX);
    at("said").textContent = text;
  }
  if (/json/.test(response.headers.get("content-type") || "")) at("said").textContent = indented(text);
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function start() {
  try {
    api = await (await fetch("openapi.json", { credentials: "omit" })).json();
    operations = listed();
    at("version").textContent = api.info.version;
    at("about").textContent = api.info.description;
    showOperations();
    showOperation();
    at("operation").addEventListener("change", showOperation);
    at("example").addEventListener("change", showExample);
    at("request").addEventListener("submit", send);
    at("stop").addEventListener("click", () => running?.abort());
    for (const id of ["request", "answers"]) at(id).hidden = false;
  } catch (error) {
    at("about").textContent = `The document cannot be read: ${error.message}`;
  }
}

start();
