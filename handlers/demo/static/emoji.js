// The emoji a bot and its people use, by Slack's and GitHub's names.

const NAMES = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", eyes: "👀", rocket: "🚀", heart: "❤️",
  tada: "🎉", hooray: "🎉", laugh: "😄", smile: "😄", confused: "😕", fire: "🔥", bug: "🐛",
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rotating_light: "🚨",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", no_entry: "⛔", no_entry_sign: "🚫", lock: "🔒",
  mag: "🔍", link: "🔗", pushpin: "📌", speech_balloon: "💬", bell: "🔔", no_bell: "🔕",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", memo: "📝",
  hammer: "🔨", wrench: "🔧", hammer_and_wrench: "🛠️", robot_face: "🤖", octopus: "🐙",
  sparkles: "✨", zap: "⚡", raised_hands: "🙌", pray: "🙏", wave: "👋", thinking_face: "🤔",
  large_green_circle: "🟢", large_yellow_circle: "🟡", red_circle: "🔴", large_blue_circle: "🔵",
  white_circle: "⚪", arrow_right: "➡️", arrows_counterclockwise: "🔄", stopwatch: "⏱️", zzz: "💤",
  clock3: "🕒", calendar: "📅", bulb: "💡", test_tube: "🧪", ship: "🚢", moneybag: "💰", see_no_evil: "🙈",
};

/** The emoji of a name, or the name between colons when there is none. */
export const emoji = (name) => NAMES[name] ?? `:${name}:`;

/** Names between colons in a text, as emoji. */
export const withEmoji = (text) =>
  text.replace(/:([a-z0-9_+-]+):/g, (all, name) => NAMES[name] ?? all);
