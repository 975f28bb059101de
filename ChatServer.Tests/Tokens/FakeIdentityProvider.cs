using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NSec.Cryptography;

namespace ChatServer.Tests.Tokens;

/// <summary>An identity provider with its keys, and a server for its JWK set.</summary>
public sealed class FakeIdentityProvider : IAsyncDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Key _ed = Key.Create(
        SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
    private WebApplication? _server;
    private int _requests;

    public FakeIdentityProvider() => Body = SetOf(RsaJwk(), EcJwk(), EdJwk());

    /// <summary>What the server answers; null: 500.</summary>
    public string? Body { get; set; }

    /// <summary>The server answers a request when it completes.</summary>
    public Task Answering { get; set; } = Task.CompletedTask;

    /// <summary>Number of requests that the server got.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public static string SetOf(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    public string RsaJwk(string kid = "rsa", string more = "")
    {
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"RSA","kid":"{{kid}}","n":"{{Encode(key.Modulus!)}}","e":"{{Encode(key.Exponent!)}}"{{more}}}""";
    }

    public string EcJwk(string kid = "ec")
    {
        var key = _ec.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"EC","crv":"P-256","kid":"{{kid}}","x":"{{Encode(key.Q.X!)}}","y":"{{Encode(key.Q.Y!)}}"}""";
    }

    public string EdJwk(string kid = "ed") =>
        $$"""{"kty":"OKP","crv":"Ed25519","kid":"{{kid}}","x":"{{Encode(_ed.Export(KeyBlobFormat.RawPublicKey))}}"}""";

    /// <summary>The public RSA key in the form in which attackers of other libraries used it as a secret.</summary>
    public byte[] RsaPublicPem => Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem());

    /// <summary>Signs a payload. The header has the algorithm and, unless it is null, the id of a key.</summary>
    public string Sign(string algorithm, string? kid, string payload)
    {
        var header = kid is null
            ? $$"""{"alg":"{{algorithm}}"}"""
            : $$"""{"alg":"{{algorithm}}","kid":{{JsonSerializer.Serialize(kid)}}}""";
        return ForgedToken.Sign(header, payload, content => algorithm switch
        {
            "RS256" => _rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "ES256" => _ec.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            _ => SignatureAlgorithm.Ed25519.Sign(_ed, content),
        });
    }

    /// <summary>Starts to serve the set. Returns its URL.</summary>
    public async Task<Uri> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync(TestContext.Current.CancellationToken);
        return new Uri($"{_server.Urls.First()}/jwks.json");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _rsa.Dispose();
        _ec.Dispose();
        _ed.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        await Answering.WaitAsync(Eventually.Timeout);
        if (Body is null)
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        else
            await context.Response.WriteAsync(Body);
    }

    private static string Encode(byte[] bytes) => ForgedToken.Encode(bytes);
}
