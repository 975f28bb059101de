using Microsoft.IdentityModel.Tokens;
using NSec.Cryptography;

namespace ChatServer.Tokens.Jwks;

/// <summary>A public key for EdDSA with Ed25519 (RFC 8037), which neither .NET nor Microsoft.IdentityModel has.</summary>
internal sealed class Ed25519Key : AsymmetricSecurityKey
{
    /// <summary>The algorithm, as in the header <c>alg</c>.</summary>
    public const string Algorithm = "EdDSA";

    private readonly PublicKey _key;

    /// <param name="publicKey">The 32 bytes of the key.</param>
    /// <param name="keyId">Its <c>kid</c>; null if it has none.</param>
    /// <exception cref="FormatException">It is no public key.</exception>
    public Ed25519Key(byte[] publicKey, string? keyId)
    {
        _key = PublicKey.Import(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey);
        KeyId = keyId;
        CryptoProviderFactory = new CryptoProviderFactory { CustomCryptoProvider = new Provider(), CacheSignatureProviders = false };
    }

    public override int KeySize => 256;

    public override PrivateKeyStatus PrivateKeyStatus => PrivateKeyStatus.DoesNotExist;

    [Obsolete("Of the base class.")]
    public override bool HasPrivateKey => false;

    private sealed class Provider : ICryptoProvider
    {
        public bool IsSupportedAlgorithm(string algorithm, params object[] args) =>
            algorithm == Ed25519Key.Algorithm && args is [Ed25519Key, ..];

        public object Create(string algorithm, params object[] args) => new Verifier((Ed25519Key)args[0]);

        public void Release(object cryptoInstance) => (cryptoInstance as IDisposable)?.Dispose();
    }

    private sealed class Verifier(Ed25519Key key) : SignatureProvider(key, Ed25519Key.Algorithm)
    {
        public override byte[] Sign(byte[] input) => throw new NotSupportedException();

        public override bool Verify(byte[] input, byte[] signature) => SignatureAlgorithm.Ed25519.Verify(key._key, input, signature);

        public override bool Verify(
            byte[] input, int inputOffset, int inputLength, byte[] signature, int signatureOffset, int signatureLength) =>
            SignatureAlgorithm.Ed25519.Verify(
                key._key, input.AsSpan(inputOffset, inputLength), signature.AsSpan(signatureOffset, signatureLength));

        protected override void Dispose(bool disposing)
        {
        }
    }
}
