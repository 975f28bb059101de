using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace ChatServer.Tests.ServiceDefaults;

public sealed class TelemetryResourceTests
{
    [Fact]
    public void Without_variables_a_service_is_named_after_its_assembly() =>
        Assert.Equal("ChatServer.Sample", ResourceOf()["service.name"]);

    [Fact]
    public void OTEL_SERVICE_NAME_and_OTEL_RESOURCE_ATTRIBUTES_replace_the_defaults()
    {
        var resource = ResourceOf(
            ("OTEL_SERVICE_NAME", "loadbalancer-1"), ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=cee7a102,zone=b"));
        Assert.Equal(("loadbalancer-1", "cee7a102", "b"), (resource["service.name"], resource["service.instance.id"], resource["zone"]));
    }

    [Fact]
    public void A_name_in_OTEL_RESOURCE_ATTRIBUTES_replaces_the_default() =>
        Assert.Equal("roomhost-2", ResourceOf(("OTEL_RESOURCE_ATTRIBUTES", "service.name=roomhost-2"))["service.name"]);

    [Fact]
    public void Telemetry_is_off_without_an_endpoint()
    {
        using var host = Build([]);
        Assert.Null(host.Services.GetService<TracerProvider>());
    }

    private static Dictionary<string, object> ResourceOf(params (string Name, string Value)[] settings)
    {
        using var host = Build([(ServerSettings.OtlpEndpoint.Name, "http://127.0.0.1:9"), .. settings]);
        return host.Services.GetRequiredService<TracerProvider>().GetResource().Attributes.ToDictionary();
    }

    private static IHost Build((string Name, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "ChatServer.Sample" });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.AddServiceDefaults();
        return builder.Build();
    }
}
