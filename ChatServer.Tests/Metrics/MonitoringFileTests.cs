using System.Text.Json;
using System.Text.RegularExpressions;
using ChatServer.Cli.Drill;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;
using YamlDotNet.Serialization;

namespace ChatServer.Tests.Metrics;

/// <summary>The dashboard and the alert rules name existing metrics, and each alert names its section of the runbook.</summary>
public sealed partial class MonitoringFileTests : IAsyncLifetime
{
    private static readonly IReadOnlyList<AlertRule> Alerts = ReadAlerts();

    // ASP.NET Core and the runtime export the same metrics from every service.
    private readonly DefaultService _service = new() { Settings = [("METRICS_ENDPOINT", "true")] };
    private HashSet<string> _exported = [];

    public async ValueTask InitializeAsync()
    {
        await _service.InitializeAsync();
        using var request = await _service.Http.GetAsync("/query?limit=1", TestContext.Current.CancellationToken);
        _exported =
        [
            "up", // of Prometheus itself
            .. MetricsCatalog.All.SelectMany(metric => MetricsCatalog.PrometheusNames(metric.Instrument)),
            .. (await Eventually.Async(
                () => Scrape.OfAsync(_service.Http), scrape => scrape.Names.Contains("http_server_request_duration_seconds_count"))).Names,
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Alerts_name_existing_metrics()
    {
        Assert.True(Alerts.Count > 20);
        Assert.All(Alerts, alert =>
        {
            var metrics = PromQl.MetricsOf(alert.Expr);
            Assert.NotEmpty(metrics);
            Assert.Empty(metrics.Except(_exported));
        });
    }

    [Fact]
    public void Panels_of_the_dashboard_name_existing_metrics()
    {
        var expressions = ReadDashboard();
        Assert.True(expressions.Count > 30);
        Assert.All(expressions, expression =>
        {
            var metrics = PromQl.MetricsOf(expression);
            Assert.NotEmpty(metrics);
            Assert.Empty(metrics.Except(_exported));
        });
    }

    [Fact]
    public void Dashboard_shows_every_metric_of_ChatServer()
    {
        var shown = ReadDashboard().SelectMany(PromQl.MetricsOf).ToHashSet();
        Assert.All(MetricsCatalog.All, metric => Assert.True(
            MetricsCatalog.PrometheusNames(metric.Instrument).Any(shown.Contains), metric.Instrument.Name));
    }

    [Fact]
    public void Each_alert_names_its_section_of_the_runbook_which_names_the_alert() => Assert.All(Alerts, alert =>
    {
        Assert.Contains(alert.Labels["severity"], (string[])["critical", "warning"]);
        var link = alert.Annotations["runbook"].Split('#');
        Assert.Equal("docs/runbook.md", link[0]);
        Assert.Contains($"`{alert.Alert}`", Runbook()[link[1]], StringComparison.Ordinal);
    });

    [Fact]
    public void Runbook_has_symptom_cause_and_action_of_each_alert_and_each_fault_of_the_drill()
    {
        var sections = Runbook();
        Assert.All(
            Alerts.Select(alert => alert.Annotations["runbook"].Split('#')[1]).Concat(Fault.All.Select(fault => fault.Name)),
            anchor => Assert.All(
                (string[])["**Symptom.**", "**Cause.**", "**Action.**"],
                part => Assert.Contains(part, sections[anchor], StringComparison.Ordinal)));
        Assert.Empty(Backticked().Matches(string.Concat(sections.Values)).Select(match => match.Groups[1].Value)
            .Except(Alerts.Select(alert => alert.Alert)));
    }

    // The sections of the third level, by anchor.
    private static Dictionary<string, string> Runbook() => File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "runbook.md"))
        .Split("\n### ").Skip(1).ToDictionary(
            section => section.Split('\n')[0].ToLowerInvariant().Replace(' ', '-'), section => section.Split("\n## ")[0]);

    private static List<AlertRule> ReadAlerts() =>
        [.. new DeserializerBuilder().WithNamingConvention(YamlDotNet.Serialization.NamingConventions.CamelCaseNamingConvention.Instance).Build()
            .Deserialize<RuleFile>(File.ReadAllText(Path.Combine(SourceTree.Root, "deploy", "prometheus", "alerts.yaml")))
            .Groups.SelectMany(group => group.Rules)];

    private static List<string> ReadDashboard()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(SourceTree.Root, "deploy", "grafana", "chatserver.json")));
        return
        [
            .. from panel in dashboard.RootElement.GetProperty("panels").EnumerateArray()
               where panel.GetProperty("type").GetString() != "row"
               from target in panel.GetProperty("targets").EnumerateArray()
               select target.GetProperty("expr").GetString()!,
        ];
    }

    [GeneratedRegex("`(ChatServer[A-Z][A-Za-z]+)`")]
    private static partial Regex Backticked();

    private sealed class RuleFile
    {
        public List<RuleGroup> Groups { get; set; } = [];
    }

    private sealed class RuleGroup
    {
        public string Name { get; set; } = "";

        public List<AlertRule> Rules { get; set; } = [];
    }

    private sealed class AlertRule
    {
        public string Alert { get; set; } = "";

        public string Expr { get; set; } = "";

        public string For { get; set; } = "";

        public Dictionary<string, string> Labels { get; set; } = [];

        public Dictionary<string, string> Annotations { get; set; } = [];
    }
}
