/// Tokens as Apereo CAS and pac4j make them, made with Python and OpenSSL's tools alone.
enum TokenVector {
    static let signingSecret = "a signing secret of 42 bytes, as text: 0123"
    static let encryptionSecret = "an encryption secret of exactly 48 bytes: 012345"
    /// HS256 in `dir` with A192CBC-HS384; good from 1714550100 to 1714550400.
    static let symmetric = """
        eyJjdHkiOiJKV1QiLCJlbmMiOiJBMTkyQ0JDLUhTMzg0IiwiYWxnIjoiZGlyIn0..FcFxVftbFhUPLAvuD40XWg.\
        kobhaDtC4RHgM6zYb8HP-yvDwe2YZwb9KXKaWAtrteONNPy96W041N3BdSxPaqRvoMT-7jJxT8QI803X1mU9udOF\
        oGhfGx_nZwH27g9eFLmF-mxZ8I_ssTHFrH_5s_cDAyF_vDcA9zaUTVbFyPZfucVwWYsmi8C3_22Z5mrqFi6HrwVu\
        WcgIU_wObXATo50_hjWbeVDsnIW6BkX9eJ3eoOcRp_rkQOqHIQtN00nMmPfBqxrPaarR5AdF7RVYYFRHIXDcQUib\
        ruitZUAwkBtpDyRiiOKueaRMCQIwJkKjG2P-3Ez0GisDFGOEg41YAN4Gmvi8TdF7pBo8__VMZGgpE4mFGbldWIMt\
        Esbp78bD7JUgUNkRP98p4SGdMMRg9F-tXdfF7V7eJKz_6cY7Q4HGNe8xeTeeM8QbsOChx4pm61jNToqlhffFs4LZ\
        dEaSa9MaC-N2-UrBd8nmriLng78h_4TgflAdqYl3GgYqVani0OLjH2Uip8_fQR0ZTwpEP_qxhsCJ6s9QaSzk15Pd\
        4G5rdRPxEEm3nssRn6IKShIs-hFPynYEwBWlXqUZsF6tQO7d.gTMUE1if17lh0lZfU8HDCCHsiYO-pmlC
        """

    /// RS256 in RSA-OAEP-256 with A128CBC-HS256.
    static let asymmetric = """
        eyJjdHkiOiJKV1QiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiUlNBLU9BRVAtMjU2In0.LL1EL1-ipkS9\
        talf44oLSYFhofW0G75GlGaM7lvUv7iICmNR6NwBStAEVG3u6BflpinEc3fixItem2jpQN2GTpKBmRL0M_3QwWAv\
        KqMJSIxLxPbPzFWawERQ4CqxKj3sW9BrpSt9hzyiq5rBBhYQXtxSegKTKqhwAy805sqb2uY92diY8XD1CBm7c2s2\
        RCGG9FpXBihJx-r0MBWUcxsdMJtoreol--YJ6hTRJ236nTM9CX37uyhg1Nm23I24Kx9JhUwFAGlJWp5ORYH9cn3y\
        aUCuG8Am-IAivHg9sjsbaHQerslWohnUQv0qErcfyBefW_mpmTwBCPrSiw4lnUr8Pw.kgiWcNrHIjo4AhxCuc0wG\
        Q.o2RNwylvIJhpGlx4LFQul89uAJOsQNQhQkRpa_U_LSdBMeGtiwcJ5FDRWnUxFnyZTiBIMA6ggUbUKsh8oAUaSG\
        weP4GuhPeoFLNMqWq3Q0Ato0SLE0Jfw2T1n5QGQumTSCfJvEI5QHhjK1DoZSdcVpl5442fapuHOuIPakF4lxyj8s\
        t6f_MurPRoOKDaZpJb16WrjwWNTtcnoMAMSRRTrOg7rVIvOkUaUkIlYB6vngVYP0q2hgQS-LBb4d630Ltu5x6Zj2\
        x1xYJxUAoAznB1woshUPaf4myeWOVK1p36FaK92zsPOWY3-jzyXNT5JyaKw9ON3FK2jflzxetTNZgWC6RowrlBM3\
        Yuf96jBq1FRzuMKQqgS45Oy-G3wgwvve7qO54h7WynE8VMO_Y_7gqxJiy6rZ3W-RFvfKRJnELIkQe7618Urn-QH2\
        bLR5-wlIQ2A_d33ud3TtTH-UB76Il71LNEXO5USL5hYTuGbd5i1KvH8etzCYmybUb-I53ZgZD2O5t-RfiHxmdOUM\
        3nY-cj0YBCFdR_8jYxGuCjS7ObKv-qHpPE9Yv6chBxiAuLouxZTxsn67Dh2yO67hzEjfrJJYAa8LlqezNV5sO4Tr\
        7vaEf-ep0SI6dsVn8HEBU9N-sKiwCXnvF6jEXiBIqBDM-vHqmD9MkzKwsnRx-CxplqedS5yFbzRwys6Aeu7Vt4XR\
        XIZTtqC9Mmy0eGJVnMbOK4Q8mH6zO5urviwtdjD0FTA8YvKtqw0xRuIxihqK9mKCzp-3xrXMuZPrzn3WvEYCi4Je\
        WQG1iSungBJ4TsytIGgQ4pSUxPJHb7RaZlNbNfUhQ8hP8Ss61JgihUrRW-nuZl4WqpZLEGFQc9yL7ISNnZh6j3XZ\
        YLugrCsx3RQ_RPg2Zs-TIxDMJt48jV_EW0xtSR9yFSfFeB4AyIVeIG7H-pBYrILIb65Ui0Zl5UibC37EkYUyn_Gh\
        2Zr3FGAYbBCg8N9w.WZBWtW8KsRhxOWbGVMl01A
        """

    static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDk4Rj4SZgvBiuT
        mBu6OGNzjr1rJgvEDP364KcVUbGO03EZZ4mQYorugmXzNcVK2IoSR7PAwiJFJ/uq
        VOIEbPLUfJyxtKbxdoA2SfKBZnRsObB0rR8d+v9WDeoiXPyvz80a6n0EOSGjqcrO
        vzN2BA8n22VMiRa+WUtT+4hI8dmegZAmsc9SIhJq1CXYxx/CoHgJ856hzCN6WKFf
        b/0OOtBQxAttgmpPU58smFLbB/lGHwaKABz7phQ2b3yWKPwuashtAnKXY90GVl3k
        xiftLV66+FAbkQzTTCXVs6ms4M+nlfhAfSQsb1Sg6YJq2oIlzSZlZG2h00XC0Kyb
        ifRFHuvPAgMBAAECggEAbaCNo7soW/myHJ9CRKdmpz5q5uwRvaVVb3l0Pidjixwm
        s3rerpwsnIIzz9Lk/W0LcScL55t067fzeInwuhrvEqzfJtT3E3flgFtZ/vXydLYL
        GU+ktGj5LSA8EZqFY7Z+MNK477FntesJW47EWNYn5jjVY9vT23eMt5ymkf3ZdOwE
        /NfinvtoUwxEz/VziZbFsHDEB/UeUp8yjioBVv6vNcREHJWy6drRUvpdEj2lv9Y9
        UJwvltrBzAClLykC09sciArR7cH3zck49Lo+DGb4vcM2IOOdlYmhSZfJ3SEbdSlG
        uxeM8K0UHzOPhsEYt1XreIN/PRN8lUOjlkKfhbQJTQKBgQD6AApQk/RmiYiueD5V
        1Wj6wMMWCVMWK0edFQwTnIoaprSsxEqAiFjcKKGJdz1UCY7Gsso5RIFo/szPsNQs
        D3pH/TbqO90MBcYkZ0mXO/AYN4efEbIJj03z5AVgc6Y2/TK7xtV3zyB4UJbqC9LJ
        9SKCKpULHQwU6A6SMujTY5+0jQKBgQDqX0tKiqtJFz3XA0i6iYT0Y4PvMBh5Z+Ut
        I0CZaWd9R1omrhBw/w/Xg/0uGFhFZCIcQIQooK0yLpEzd/RW7O9+1TpszuSPvLC9
        8xOj+Go0weLPXg+MqEHHnwSJhVfFdvdjDAQ2K+UNBfX4GZtcHOSSCBm6D74+Plhj
        BDcUCJXAywKBgQCEGtdYgwZn1I9kWmfeJXpm3st37o94LICYMhICnvqfYK4iiUsx
        JluGYvYRVPAUY0SOHNYdcuTLXbFOootLiRY9ykFlfyKsgrSUcfwCLYsO0PEajlg9
        EvvHQBvTPul7L0rKzSPqPopS6YsFvB+z1pRYojXF/KBwv7tLaBl98qvm1QKBgDyH
        zAw+cCp6ZDBJ2tjCd6IeqY5233tLh/b2adK1VFMYwIHI5tooJdFFd3gWNYYGbIDb
        cMaFaPXS7RFb47EnlFsvet1rOcCdvQ/x3Zq1p8hkYs2nv2BWfFawDR3vYFHRfecI
        zXWoNIn+hh5Djsplc+r7SJmzQzEULQO1rPvxk6utAoGAcdoBYq/rzIYkXtDd+Wgn
        VwYVHZMbMzYglCid4zrmf/6tTXcQ61/B4HK+F3o0XFEX47dJry620fHnr2qQyxeU
        tp+l9vzbLHF2yMFHns1yKrvqWguXM1rJYprGvoDHnObg/EZ9TKiEmzDjhWrQl9lu
        qrJxZFS2E6BNXc911nVxnts=
        -----END PRIVATE KEY-----
        """

    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5OEY+EmYLwYrk5gbujhj
        c469ayYLxAz9+uCnFVGxjtNxGWeJkGKK7oJl8zXFStiKEkezwMIiRSf7qlTiBGzy
        1HycsbSm8XaANknygWZ0bDmwdK0fHfr/Vg3qIlz8r8/NGup9BDkho6nKzr8zdgQP
        J9tlTIkWvllLU/uISPHZnoGQJrHPUiISatQl2McfwqB4CfOeocwjelihX2/9DjrQ
        UMQLbYJqT1OfLJhS2wf5Rh8GigAc+6YUNm98lij8LmrIbQJyl2PdBlZd5MYn7S1e
        uvhQG5EM00wl1bOprODPp5X4QH0kLG9UoOmCatqCJc0mZWRtodNFwtCsm4n0RR7r
        zwIDAQAB
        -----END PUBLIC KEY-----
        """
}
