// Only what the benchmark needs: no editor, the flow beside this file, on this machine only.
module.exports = {
  uiHost: "127.0.0.1",
  flowFile: require("path").join(__dirname, "flows.json"),
  readOnly: true,
  httpAdminRoot: false,
  logging: { console: { level: "warn", metrics: false, audit: false } },
};
