// The page as it was served is whole; this adds what comes after it.
const log = document.getElementById("log");
const stream = new EventSource(log.dataset.events);
stream.addEventListener("line", (event) => log.append(`${JSON.parse(event.data)}\n`));
stream.addEventListener("state", (event) => {
  document.getElementById("state").innerHTML = JSON.parse(event.data); // drawn and escaped by us
});
stream.addEventListener("end", () => {
  stream.close();
  document.querySelector("form")?.remove();
});
