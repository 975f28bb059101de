using System.Globalization;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Metrics;
using k8s;
using k8s.Models;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace ChatServer.Tests.Deploy;

/// <summary><c>deploy/kubernetes</c>. No cluster runs it: these tests check what the files state, with the types of Kubernetes.</summary>
public sealed class KubernetesTests
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "deploy/kubernetes");
    private static readonly Kustomization Base = ReadKustomization();

    // Strict: a member that Kubernetes does not know is an error.
    private static readonly List<object> Objects =
    [
        .. Base.Resources.SelectMany(
            file => KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Folder, file)), null, strict: true)),
    ];

    private static IEnumerable<(string Name, int Replicas, V1PodTemplateSpec Template)> Workloads =>
    [
        .. Objects.OfType<V1StatefulSet>().Select(set => (set.Name(), set.Spec.Replicas ?? 1, set.Spec.Template)),
        .. Objects.OfType<V1Deployment>().Select(set => (set.Name(), set.Spec.Replicas ?? 1, set.Spec.Template)),
    ];

    [Fact]
    public void Base_contains_every_file() => Assert.Equal(
        Directory.GetFiles(Folder, "*.yaml").Select(Path.GetFileName).Order(), Base.Resources.Append("kustomization.yaml").Order());

    [Fact]
    public void Every_service_runs_the_image_that_its_project_publishes() => Assert.Equal(
        PublishedImages.All.Order(), Workloads.Select(workload => workload.Template.Spec.Containers.Single().Image).Order());

    [Fact]
    public void Every_variable_is_a_setting_of_its_service() => Assert.All(Workloads, workload =>
    {
        var container = workload.Template.Spec.Containers.Single();
        var maps = container.EnvFrom.Select(source => Base.ConfigMapGenerator.Single(map => map.Name == source.ConfigMapRef.Name));
        var variables = maps.SelectMany(map => map.Literals).Select(literal => literal.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (var variable in container.Env) variables.Add(variable.Name, variable.Value ?? "");
        ServiceSettings.Check(workload.Name, variables);
        // Without this, Kubernetes adds variables with the names of services, such as ADMIN_PORT.
        Assert.False(workload.Template.Spec.EnableServiceLinks);
    });

    [Fact]
    public void Every_service_is_probed_at_its_port_and_has_time_to_stop() => Assert.All(Workloads, workload =>
    {
        var spec = workload.Template.Spec;
        var container = spec.Containers.Single();
        Assert.Equal("/health", container.ReadinessProbe.HttpGet.Path);
        Assert.Equal("/alive", container.LivenessProbe.HttpGet.Path);
        Assert.All(
            [container.ReadinessProbe, container.LivenessProbe, container.StartupProbe],
            probe => Assert.Equal(container.Ports.Single().Name, (string)probe.HttpGet.Port));
        // 20 s of a RoomHost, 30 s of the others, and the hook before it.
        var stop = (workload.Name == "roomhost" ? 20 : 30) + (container.Lifecycle?.PreStop?.Sleep?.Seconds ?? 0);
        Assert.True(spec.TerminationGracePeriodSeconds > stop);
        Assert.True(spec.SecurityContext.RunAsNonRoot);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
    });

    [Fact]
    public void Services_budgets_and_policies_select_pods_that_exist()
    {
        var pods = Workloads.ToDictionary(workload => workload.Name, workload => workload.Template);
        Assert.All(pods, pod => Assert.Equal(pod.Key, pod.Value.Labels()["app.kubernetes.io/name"]));
        var selectors = Objects.OfType<V1Service>().Select(service => service.Spec.Selector)
            .Concat(Objects.OfType<V1PodDisruptionBudget>().Select(budget => budget.Spec.Selector.MatchLabels))
            .Concat(Objects.OfType<V1NetworkPolicy>().SelectMany(policy => (policy.Spec.Ingress ?? [])
                .SelectMany(rule => rule.FromProperty).Select(peer => peer.PodSelector).OfType<V1LabelSelector>()
                .Append(policy.Spec.PodSelector)).Select(selector => selector.MatchLabels))
            .Where(labels => labels.ContainsKey("app.kubernetes.io/name")).ToList();
        Assert.All(selectors, labels => Assert.Contains(labels["app.kubernetes.io/name"], pods.Keys));
        Assert.Equal(
            pods.Where(pod => pod.Key != "admin").Select(pod => pod.Key).Order(),
            Objects.OfType<V1PodDisruptionBudget>().Select(budget => budget.Name()).Order());
        Assert.All(pods.Keys, pod => Assert.Contains(Objects.OfType<V1NetworkPolicy>(), policy => policy.Name() == pod));
    }

    [Fact]
    public void Apis_register_with_every_load_balancer()
    {
        var loadBalancer = Objects.OfType<V1StatefulSet>().Single(set => set.Name() == "loadbalancer");
        var api = Workloads.Single(workload => workload.Name == "api").Template.Spec.Containers.Single();

        Assert.Equal(
            Enumerable.Range(0, loadBalancer.Spec.Replicas!.Value)
                .Select(i => $"http://loadbalancer-{i}.{loadBalancer.Spec.ServiceName}:2000"),
            api.Env.Single(variable => variable.Name == "LOADBALANCERS").Value.Split(','));
        Assert.True(Objects.OfType<V1Service>().Single(service => service.Name() == loadBalancer.Spec.ServiceName)
            .Spec.PublishNotReadyAddresses);
    }

    [Fact]
    public void Ports_of_rooms_are_those_that_policy_and_kernel_reserve()
    {
        var pod = Workloads.Single(workload => workload.Name == "roomhost").Template.Spec;
        var ports = pod.Containers.Single().Env.Single(variable => variable.Name == "ROOM_PORTS").Value;
        var policy = Objects.OfType<V1NetworkPolicy>().Single(policy => policy.Name() == "roomhost").Spec.Ingress[0].Ports.Single();

        Assert.Equal(ports, pod.SecurityContext.Sysctls.Single(sysctl => sysctl.Name == "net.ipv4.ip_local_reserved_ports").Value);
        Assert.Equal(ports, string.Create(CultureInfo.InvariantCulture, $"{(string)policy.Port}-{policy.EndPort}"));
    }

    [Fact]
    public void Autoscaler_reads_a_metric_that_RoomHosts_export()
    {
        var autoscaler = Assert.Single(Objects.OfType<V2HorizontalPodAutoscaler>());

        Assert.Equal(("StatefulSet", "roomhost"), (autoscaler.Spec.ScaleTargetRef.Kind, autoscaler.Spec.ScaleTargetRef.Name));
        Assert.Contains(
            autoscaler.Spec.Metrics.Single().Pods.Metric.Name,
            MetricsCatalog.All.SelectMany(metric => MetricsCatalog.PrometheusNames(metric.Instrument)));
        Assert.Equal("true", Workloads.Single(workload => workload.Name == "roomhost").Template.Spec.Containers.Single()
            .Env.Single(variable => variable.Name == "METRICS_ENDPOINT").Value);
    }

    private static Kustomization ReadKustomization() =>
        new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build()
            .Deserialize<Kustomization>(File.ReadAllText(Path.Combine(Folder, "kustomization.yaml")));

#pragma warning disable CA1812 // Created by the deserializer.
    private sealed class Kustomization
    {
        public string ApiVersion { get; set; } = "";
        public string Kind { get; set; } = "";
        public List<string> Resources { get; set; } = [];
        public List<KustomizationLabels> Labels { get; set; } = [];
        public List<ConfigMapSource> ConfigMapGenerator { get; set; } = [];
    }

    private sealed class KustomizationLabels
    {
        public bool IncludeTemplates { get; set; }
        public Dictionary<string, string> Pairs { get; set; } = [];
    }

    private sealed class ConfigMapSource
    {
        public string Name { get; set; } = "";
        public List<string> Literals { get; set; } = [];
    }
#pragma warning restore CA1812
}
