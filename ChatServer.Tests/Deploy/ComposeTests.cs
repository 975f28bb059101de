using System.Globalization;
using System.Text.RegularExpressions;
using ChatServer.Tests.Architecture;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace ChatServer.Tests.Deploy;

/// <summary><c>deploy/compose.yaml</c>. No container engine runs it: these tests check what the file states.</summary>
public sealed partial class ComposeTests
{
    private static readonly ComposeFile File = Read();

    private static IEnumerable<KeyValuePair<string, ComposeService>> ChatServices => File.Services.Where(service => service.Key != "redis");

    [Fact]
    public void Every_service_has_the_image_that_its_project_publishes() => Assert.Equal(
        PublishedImages.All.Order(), ChatServices.Select(service => service.Value.Image).Distinct().Order());

    [Fact]
    public void Every_variable_is_a_setting_of_its_service() => Assert.All(
        ChatServices, service => ServiceSettings.Check(
            PublishedImages.ServiceOf(service.Value.Image),
            service.Value.Environment.ToDictionary(variable => variable.Key, variable => Required().Replace(variable.Value, ""))));

    [Fact]
    public void Every_service_waits_for_Redis_reports_its_health_and_has_time_to_stop() => Assert.All(ChatServices, service =>
    {
        Assert.Equal("service_healthy", service.Value.DependsOn["redis"].Condition);
        Assert.True(service.Value.ReadOnly);
        Assert.Equal(["CMD", "dotnet", service.Value.Healthcheck.Test[2], "health"], service.Value.Healthcheck.Test);
        Assert.Equal(
            PublishedImages.ServiceOf(service.Value.Image),
            Path.GetFileNameWithoutExtension(service.Value.Healthcheck.Test[2]).Replace("ChatServer.", "", StringComparison.Ordinal)
                .ToLowerInvariant());
        Assert.True(int.Parse(service.Value.StopGracePeriod.TrimEnd('s'), CultureInfo.InvariantCulture) > 30);
    });

    [Fact]
    public void Redis_has_a_password_and_an_append_only_file_and_evicts_nothing()
    {
        var redis = File.Services["redis"];

        Assert.Equal(
            "redis-server --requirepass ${REDIS_PASSWORD:?} --appendonly yes --maxmemory-policy noeviction",
            string.Join(' ', redis.Command));
        Assert.Equal(["redis:/data"], redis.Volumes);
    }

    [Fact]
    public void Addresses_lead_to_services_of_the_file()
    {
        foreach (var (name, service) in ChatServices)
        {
            if (service.Environment.TryGetValue("HOST", out var host)) Assert.Equal(name, host);
            if (service.Environment.TryGetValue("LOADBALANCERS", out var urls))
                Assert.All(urls.Split(','), url => Assert.Contains(new Uri(url).Host, File.Services.Keys));
        }
    }

    // A member that a class does not have is an error, and so is a key that appears twice.
    private static ComposeFile Read()
    {
        using var reader = new StreamReader(Path.Combine(SourceTree.Root, "deploy/compose.yaml"));
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithDuplicateKeyChecking().Build()
            .Deserialize<ComposeFile>(new MergingParser(new Parser(reader)));
    }

    [GeneratedRegex(@"\$\{[A-Z_]+:\?\}")]
    private static partial Regex Required();

#pragma warning disable CA1812 // Created by the deserializer.
    private sealed class ComposeFile
    {
        public string Name { get; set; } = "";
        [YamlMember(Alias = "x-service", ApplyNamingConventions = false)]
        public object? Service { get; set; }
        [YamlMember(Alias = "x-environment", ApplyNamingConventions = false)]
        public object? Environment { get; set; }
        [YamlMember(Alias = "x-roomhost", ApplyNamingConventions = false)]
        public object? RoomHost { get; set; }
        [YamlMember(Alias = "x-roomhost-environment", ApplyNamingConventions = false)]
        public object? RoomHostEnvironment { get; set; }
        [YamlMember(Alias = "x-loadbalancer", ApplyNamingConventions = false)]
        public object? LoadBalancer { get; set; }
        [YamlMember(Alias = "x-loadbalancer-environment", ApplyNamingConventions = false)]
        public object? LoadBalancerEnvironment { get; set; }
        public Dictionary<string, ComposeService> Services { get; set; } = [];
        public Dictionary<string, object> Volumes { get; set; } = [];
        public Dictionary<string, object> Networks { get; set; } = [];
    }

    private sealed class ComposeService
    {
        public string Image { get; set; } = "";
        public List<string> Command { get; set; } = [];
        public Dictionary<string, string> Environment { get; set; } = [];
        public List<string> Ports { get; set; } = [];
        public List<string> Volumes { get; set; } = [];
        public ComposeHealthcheck Healthcheck { get; set; } = new();
        public Dictionary<string, ComposeDependency> DependsOn { get; set; } = [];
        public string Restart { get; set; } = "";
        public bool ReadOnly { get; set; }
        public List<string> Tmpfs { get; set; } = [];
        public List<string> CapDrop { get; set; } = [];
        public List<string> SecurityOpt { get; set; } = [];
        public Dictionary<string, string> Sysctls { get; set; } = [];
        public Dictionary<string, int> Ulimits { get; set; } = [];
        public string StopGracePeriod { get; set; } = "0s";
    }

    private sealed class ComposeHealthcheck
    {
        public List<string> Test { get; set; } = [];
        public string Interval { get; set; } = "";
        public string Timeout { get; set; } = "";
        public string StartPeriod { get; set; } = "";
    }

    private sealed class ComposeDependency
    {
        public string Condition { get; set; } = "";
    }
#pragma warning restore CA1812
}
