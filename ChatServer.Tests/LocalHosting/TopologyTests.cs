using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ChatServer.LocalHosting;
using ChatServer.LocalHosting.Runner;

namespace ChatServer.Tests.LocalHosting;

public sealed class TopologyTests
{
    private readonly IDistributedApplicationBuilder _builder = DistributedApplication.CreateBuilder(["--KEY", "a-secret", "--PATH_OF_NOBODY", "x"]);

    [Fact]
    public void A_key_reaches_those_that_it_is_declared_for_and_is_taken_from_all_others()
    {
        var key = _builder.AddParameterFromConfiguration("key", "KEY", secret: true);
        var api = _builder.AddProject<Service>("api").WithEnvironment("KEY", key).Resource;
        var admin = _builder.AddProject<Service>("admin").WithEnvironment("BIND", "127.0.0.1").Resource;
        var environment = new ProcessEnvironment([api, admin]);

        Assert.Equal("a-secret", environment.LaunchOf(api).Environment["KEY"]);
        // Null: taken away, though the AppHost's own environment may have it.
        Assert.Null(environment.LaunchOf(admin).Environment["KEY"]);
        Assert.False(environment.LaunchOf(admin).Environment.ContainsKey("PATH"));
    }

    [Fact]
    public void Secrets_are_marked_wherever_they_are_a_part_of()
    {
        var key = _builder.AddParameterFromConfiguration("key", "KEY", secret: true).Resource;
        var redis = _builder.AddConnectionString("redis", ReferenceExpression.Create($"localhost,password={"p"}"));
        var api = _builder.AddProject<Service>("api")
            .WithEnvironment("OPEN", "seen").WithEnvironment("INSIDE", $"key is {key}").WithReference(redis).Resource;

        Assert.Equal(
            [("OPEN", "seen", false), ("INSIDE", "key is a-secret", true), ("ConnectionStrings__redis", "localhost,password=p", true)],
            ProcessEnvironment.Declared(api).Select(variable => (variable.Name, variable.Value, variable.IsSecret)));
    }

    [Fact]
    public void An_endpoint_without_a_port_gets_a_free_one_that_others_are_told()
    {
        var redis = _builder.AddProject<Service>("redis-server").WithEndpoint(scheme: "tcp", name: "tcp", env: "PORT");
        var other = _builder.AddProject<Service>("other").WithHttpEndpoint(port: 8080, env: "PORT");
        var text = ReferenceExpression.Create($"{redis.GetEndpoint("tcp").Property(EndpointProperty.HostAndPort)}");
        var api = _builder.AddProject<Service>("api").WithHttpEndpoint(env: "PORT")
            .WithReference(_builder.AddConnectionString("redis", text)).WithEnvironment("OTHER", $"{other.GetEndpoint("http")}").Resource;

        FreePorts.Choose([.. redis.Resource.Endpoints, .. other.Resource.Endpoints, .. api.Endpoints]);

        var variables = ProcessEnvironment.Declared(api).ToDictionary(variable => variable.Name, variable => variable.Value);
        Assert.Equal($"localhost:{redis.Resource.Endpoints[0].Port}", variables["ConnectionStrings__redis"]);
        Assert.Equal("http://localhost:8080", variables["OTHER"]);
        Assert.NotEqual(variables["PORT"], $"{redis.Resource.Endpoints[0].Port}");
        // Not one that the system may have given to an outgoing connection by the time the process starts.
        Assert.InRange(redis.Resource.Endpoints[0].Port!.Value, 1024, 32_767);
    }

    [Fact]
    public void An_address_that_is_not_this_machines_usual_one_is_where_the_endpoint_is()
    {
        var project = _builder.AddProject<Service>("api").WithHttpEndpoint(port: 80).WithEndpoint("http", endpoint => endpoint.TargetHost = "::2");
        Assert.Equal("http://[::2]:80", ((ILocalValue)project.GetEndpoint("http")).Value);
    }

    [Fact]
    public void Two_resources_of_one_name_are_refused()
    {
        _builder.AddProject<Service>("api");
        Assert.Throws<InvalidOperationException>(() => _builder.AddProject<Service>("API"));
    }

    [Fact]
    public void A_connection_string_waits_for_what_it_leads_to()
    {
        var server = _builder.AddProject<Service>("redis-server").WithEndpoint(name: "tcp");
        var redis = _builder.AddConnectionString("redis", ReferenceExpression.Create($"{server.GetEndpoint("tcp")}"));
        Assert.Equal([server.Resource], redis.Resource.WaitsFor);
    }

    private sealed class Service : ILocalProject
    {
        public string ProjectPath => "/src/Service/Service.csproj";

        public string TargetPath => "/src/Service/bin/Service.dll";
    }
}
