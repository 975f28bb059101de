using System.Text;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Examples;

/// <summary>
/// The requests of the <c>.http</c> files, in their order. A class of its own, because the last request of the Admin's file shuts the
/// deployment down.
/// </summary>
public sealed class HttpFileTests(ExampleDeployment deployment) : IClassFixture<ExampleDeployment>
{
    [Fact]
    public async Task Every_request_of_the_http_files_succeeds()
    {
        await SendAllAsync("ChatServer.Api", new() { ["api"] = UrlOf(deployment.Api), ["key"] = ExampleDeployment.Key });
        await SendAllAsync("ChatServer.LoadBalancer", new()
        {
            ["loadbalancer"] = UrlOf(deployment.LoadBalancer),
            ["key"] = ExampleDeployment.LoadBalancerKey,
            ["api"] = ExampleDeployment.AuthorityOf(deployment.Api),
            ["apiKey"] = ExampleDeployment.Key,
        });
        await SendAllAsync("ChatServer.Admin", new()
        {
            ["admin"] = UrlOf(deployment.Admin),
            ["key"] = ExampleDeployment.AdminKey,
            ["host"] = ExampleDeployment.HostId,
        });
    }

    private static string UrlOf(ServiceProcess service) => $"http://{ExampleDeployment.AuthorityOf(service)}";

    private static async Task SendAllAsync(string project, Dictionary<string, string> variables)
    {
        var requests = HttpFile.Read(project, variables);
        Assert.NotEmpty(requests);
        using var http = new HttpClient();
        foreach (var request in requests)
        {
            using var message = new HttpRequestMessage(request.Method, request.Url);
            if (request.Body != "")
                message.Content = new StringContent(request.Body, Encoding.UTF8, request.Headers["Content-Type"]);
            foreach (var (name, value) in request.Headers.Where(header => header.Key != "Content-Type")) message.Headers.Add(name, value);
            using var response = await http.SendAsync(message, TestContext.Current.CancellationToken);
            var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, $"{project}.http, {request.Title}: {(int)response.StatusCode} {body}");
        }
    }
}
